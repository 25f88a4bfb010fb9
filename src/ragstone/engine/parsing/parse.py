"""The way in: bytes of a known type to a `ParsedDocument`, within limits."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

from ragstone.engine.parsing.delimited import parse_delimited
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.html import parse_html
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.markdown import parse_markdown
from ragstone.engine.parsing.pdf import parse_pdf
from ragstone.engine.parsing.plain import parse_plain
from ragstone.engine.parsing.problems import DocumentEmpty, DocumentTypeUnsupported

__all__ = ["PARSERS", "ParseLimits", "ParseOptions", "parse"]

Parser: TypeAlias = Callable[[bytes, ParseOptions], ParsedDocument]

PARSERS: Final[Mapping[str, Parser]] = MappingProxyType(
    {
        "application/pdf": lambda content, options: parse_pdf(content, options.limits),
        "text/csv": parse_delimited,
        "text/html": lambda content, _: parse_html(content),
        "text/markdown": lambda content, _: parse_markdown(content),
        "text/plain": lambda content, _: parse_plain(content),
        "text/tab-separated-values": partial(parse_delimited, media_type="text/tab-separated-values"),
    }
)
"""The parser of every media type that can be read."""


def parse(content: bytes, media_type: str, options: ParseOptions) -> ParsedDocument:
    """The document in `content`, which is of the type `detect_type` found.

    Raises `DocumentTypeUnsupported`, `DocumentCorrupt`, `DocumentEncrypted`, `DocumentEmpty`, `DocumentHasNoText` or
    `DocumentTooLarge`.
    """
    parser = PARSERS.get(media_type)
    if parser is None:
        raise DocumentTypeUnsupported(media_type=media_type, filename=options.filename)
    document = parser(content, options)
    options.limits.check(n_chars=len(document.text))
    if not document.blocks:
        raise DocumentEmpty(media_type=media_type)
    return document
