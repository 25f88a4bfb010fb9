"""XML without its dangers: no entity may be declared, no DTD is read, nothing outside the file is opened."""

import re
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, LexicalHandler, property_lexical_handler

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]  # It has no types.
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # As above.
from defusedxml.expatreader import DefusedExpatParser  # type: ignore[import-untyped]  # As above.

from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentHostile

_DECLARATION: Final = re.compile(r"<\?xml\b[^>]*\?>")
_DECLARED: Final = re.compile(rb"<\?xml\b[^>]*?encoding\s*=\s*[\"']([\w.:-]+)")
_DECLARED_WITHIN: Final = 1024
_HARMLESS_SCHEMES: Final = frozenset({"", "http", "https", "urn"})
_PATH_ROOTS: Final = ("/", "\\")


def read_xml(content: bytes, media_type: str, handler: ContentHandler) -> None:
    """Tells `handler` of every element and text, in the order of the file.

    A DTD is tolerated and not read. Raises `DocumentCorrupt` for what is no XML, and `DocumentHostile` for declared
    entities and for a DTD that is said to be a file of this machine.
    """
    parser = DefusedExpatParser(forbid_external=False)  # It would refuse every DTD, and without it none is opened.
    parser.setContentHandler(handler)
    parser.setProperty(property_lexical_handler, _DoctypeGuard())
    try:
        parser.feed(xml_source(content, media_type))
        parser.close()
    except DefusedXmlException as error:
        raise DocumentHostile(media_type=media_type, cause="entities") from error
    except (SAXException, ValueError) as error:
        raise DocumentCorrupt(media_type=media_type) from error


def xml_tree(content: bytes, media_type: str) -> Element:
    """The root of a small XML file. Raises what `read_xml` does."""
    try:
        root: Element = fromstring(xml_source(content, media_type))
    except DefusedXmlException as error:
        raise DocumentHostile(media_type=media_type, cause="entities") from error
    except (ParseError, ValueError, RecursionError) as error:
        raise DocumentCorrupt(media_type=media_type) from error
    return root


def xml_source(content: bytes, media_type: str) -> str:
    """The text of a file, without the declaration of an encoding that it no longer has."""
    declared = _DECLARED.search(content, 0, _DECLARED_WITHIN)
    text = decode(content, media_type, declared.group(1).decode("ascii") if declared else None)
    text = text.removeprefix("\ufeff").lstrip()
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :].lstrip() if declaration else text


class _LocalDtd(DefusedXmlException):  # type: ignore[misc]  # defusedxml has no types.
    """The document's type is said to be a file of the machine that reads it."""


class _DoctypeGuard(LexicalHandler):
    def startDTD(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: ARG002, N802 - SAX.
        """The beginning of a DTD."""
        address = system_id or ""
        if address.startswith(_PATH_ROOTS) or urlsplit(address).scheme.lower() not in _HARMLESS_SCHEMES:
            raise _LocalDtd
