"""What a file of OpenDocument says of itself (OpenDocument 1.3, part 3, section 4.3)."""

from typing import Final

from ragstone.engine.parsing.document import MetadataValue
from ragstone.engine.parsing.guarded_xml import xml_tree
from ragstone.engine.parsing.zip_guard import GuardedZip

_PART: Final = "meta.xml"
_FIELDS: Final = {
    "creation-date": "date",
    "creator": "author",
    "date": "modified",
    "description": "description",
    "generator": "generator",
    "initial-creator": "author",
    "language": "language",
    "subject": "subject",
    "title": "title",
}


def odf_metadata(package: GuardedZip, media_type: str) -> dict[str, MetadataValue]:
    """Title, author, dates and the like, as far as they are stated."""
    if _PART not in package:
        return {}
    found: dict[str, MetadataValue] = {}
    keywords: list[str] = []
    for element in xml_tree(package.read(_PART), media_type).iter():
        name, text = element.tag.rpartition("}")[2], " ".join((element.text or "").split())
        if name == "keyword" and text:
            keywords.extend(word for part in text.split(",") if (word := part.strip()))
        elif name in _FIELDS and text:
            found.setdefault(_FIELDS[name], text)
    return found | {"keywords": tuple(keywords)}
