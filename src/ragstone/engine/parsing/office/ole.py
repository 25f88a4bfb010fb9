"""Compound files (MS-CFB), in which the old formats of Microsoft Office keep their streams."""

from io import BytesIO

import olefile

from ragstone.engine.parsing.document import MetadataValue
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import library_failure_as_problem
from ragstone.engine.parsing.office.encryption import OLE_SIGNATURE, decrypted
from ragstone.engine.parsing.problems import DocumentCorrupt

_FIELDS = {
    "author": "author",
    "comments": "description",
    "creating_application": "generator",
    "subject": "subject",
    "title": "title",
}


class CompoundFile:
    """The streams of a file in memory, decrypted where the options' password opens it.

    Raises `DocumentCorrupt` and `DocumentEncrypted`.
    """

    def __init__(self, content: bytes, media_type: str, options: ParseOptions) -> None:
        content = decrypted(content, media_type, options)
        if not content.startswith(OLE_SIGNATURE):
            raise DocumentCorrupt(media_type=media_type)
        self._media_type = media_type
        with library_failure_as_problem(media_type):
            self._file = olefile.OleFileIO(BytesIO(content))

    def stream(self, name: str) -> bytes:
        """A stream's bytes. Raises `DocumentCorrupt` if there is no such stream."""
        with library_failure_as_problem(self._media_type):
            content: bytes = self._file.openstream(name).read()
        return content

    def metadata(self) -> dict[str, MetadataValue]:
        """What the file says of itself (MS-OLEPS, the properties of a summary). Damaged properties say nothing."""
        try:
            with library_failure_as_problem(self._media_type):
                stated = self._file.get_metadata()
                moments = {"date": stated.create_time, "modified": stated.last_saved_time}
        except DocumentCorrupt:
            return {}
        encoding = _codec(stated.codepage)
        found: dict[str, MetadataValue] = {
            field: " ".join(value.decode(encoding, "replace").replace("\0", "").split())
            for name, field in _FIELDS.items()
            if isinstance(value := getattr(stated, name), bytes)
        }
        found |= {field: f"{moment.isoformat()}Z" for field, moment in moments.items() if moment and moment.year > 1601}  # noqa: PLR2004 - never.
        keywords = (stated.keywords or b"").decode(encoding, "replace").replace(";", ",").split(",")
        return found | {"keywords": tuple(word for keyword in keywords if (word := keyword.strip(" \0")))}


def _codec(codepage: int | None) -> str:
    number = (codepage or 1252) & 0xFFFF
    known = {1200: "utf-16-le", 10000: "mac-roman", 65001: "utf-8"}
    return known.get(number, f"cp{number}" if number in _CODE_PAGES else "cp1252")


_CODE_PAGES = frozenset([437, 850, 852, 866, 874, 932, 936, 949, 950, *range(1250, 1259)])
