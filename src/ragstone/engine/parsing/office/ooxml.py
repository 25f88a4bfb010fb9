"""Packages of Office Open XML (ECMA-376): their parts, how these refer to each other, and what they say of themselves.

Only parts of the package are read: targets outside it are never opened.
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.document import MetadataValue
from ragstone.engine.parsing.guarded_xml import xml_tree
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.encryption import decrypted
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.zip_guard import GuardedZip

R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
"""The namespace of attributes that name a relation."""

MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
"""The namespace of alternatives for older programs."""

_STRICT: Final = re.compile(
    rb"http://purl\.oclc\.org/ooxml/(officeDocument|wordprocessingml|presentationml|drawingml)/"
)
_FIELDS: Final = {
    "category": "category",
    "created": "date",
    "creator": "author",
    "description": "description",
    "language": "language",
    "modified": "modified",
    "subject": "subject",
    "title": "title",
}
_MOMENT: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?$")
_PLACEHOLDERS: Final = frozenset({"powerpoint presentation", "untitled", "word document"})


@dataclass(frozen=True, slots=True)
class Relation:
    """A part that another part refers to; `kind` is the last word of the relation's type, such as `footnotes`."""

    kind: str
    target: str


class Package:
    """An open package. Raises `DocumentCorrupt`, `DocumentEncrypted`, `DocumentHostile` and what zip files raise."""

    def __init__(self, content: bytes, media_type: str, options: ParseOptions) -> None:
        self._media_type = media_type
        self.zip = GuardedZip(decrypted(content, media_type, options), media_type, options)
        self._names = {name.replace("\\", "/").lower(): name for name in self.zip.names}

    def main_part(self) -> str:
        """The part that is the document. Raises `DocumentCorrupt` if there is none."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument":
                return relation.target
        raise DocumentCorrupt(media_type=self._media_type)

    def tree(self, part: str) -> Element:
        """The root of a part. Raises `DocumentCorrupt` if there is no such part, or if it is no XML."""
        content = self.zip.read(self._names.get(part.lower(), part))
        if b"purl.oclc.org" in content:  # The strict variant differs in the names of its namespaces.
            content = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", content)
        return xml_tree(content, self._media_type)

    def relations(self, part: str) -> Mapping[str, Relation]:
        """The parts that a part refers to and that are there, by the relation's id; `""` is the package itself."""
        folder, name = posixpath.split(part)
        rels = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        if rels.lower() not in self._names:
            return {}
        found = {}
        for element in self.tree(rels):
            target = unquote(element.get("Target", ""))
            if element.get("TargetMode") == "External" or not target:
                continue
            path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            if path.lower() in self._names:
                found[element.get("Id", "")] = Relation(element.get("Type", "").rpartition("/")[2], path)
        return found

    def find_related(self, part: str, kind: str) -> Element | None:
        """The root of the first part of a kind that a part refers to."""
        target = next((item.target for item in self.relations(part).values() if item.kind == kind), None)
        return self.tree(target) if target else None

    def metadata(self) -> dict[str, MetadataValue]:
        """What the package says of the document: title, author, dates and the like."""
        core = self.find_related("", "core-properties")
        elements = () if core is None else tuple(core)
        stated = {_local(element): " ".join((element.text or "").split()) for element in elements}
        found: dict[str, MetadataValue] = {
            field: stated[name]
            for name, field in _FIELDS.items()
            if stated.get(name) and stated[name].lower() not in _PLACEHOLDERS
        }
        for field in ("date", "modified"):
            if not _MOMENT.match(str(found.get(field, ""))):
                found.pop(field, None)
        found["keywords"] = tuple(
            word for part in re.split("[,;\u060c]", stated.get("keywords", "")) if (word := part.strip())
        )
        application = self.find_related("", "extended-properties")
        if application is not None:
            found["generator"] = next(
                (element.text or "" for element in application if _local(element) == "Application"), ""
            )
        return found


def chosen(alternatives: Element) -> Element | None:
    """The content of `mc:AlternateContent` that is meant for readers of today."""
    choice = alternatives.find(f"{MC}Choice")
    return choice if choice is not None else alternatives.find(f"{MC}Fallback")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
