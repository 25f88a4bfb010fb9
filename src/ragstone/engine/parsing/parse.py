"""The way in: bytes of a known type to a `ParsedDocument`, within limits."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

from ragstone.engine.parsing.archives import parse_tar, parse_zip
from ragstone.engine.parsing.compressed import COMPRESSIONS, parse_compressed
from ragstone.engine.parsing.delimited import parse_delimited
from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.epub import parse_epub
from ragstone.engine.parsing.html import parse_html
from ragstone.engine.parsing.json_text import parse_json, parse_json_lines
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.mail import parse_mail, parse_mailbox
from ragstone.engine.parsing.markdown import parse_markdown
from ragstone.engine.parsing.media_types import CODE_TYPES
from ragstone.engine.parsing.notebook import parse_notebook
from ragstone.engine.parsing.office.parsers import OFFICE_PARSERS
from ragstone.engine.parsing.outlook import parse_outlook
from ragstone.engine.parsing.pdf import parse_pdf
from ragstone.engine.parsing.plain import parse_plain
from ragstone.engine.parsing.problems import DocumentEmpty, DocumentTypeUnsupported
from ragstone.engine.parsing.source_code import parse_code
from ragstone.engine.parsing.subtitles import parse_subtitles
from ragstone.engine.parsing.xml_text import parse_xml

__all__ = ["PARSERS", "ParseLimits", "ParseOptions", "parse"]

Parser: TypeAlias = Callable[[bytes, ParseOptions], ParsedDocument]


def parse_member(content: bytes, options: ParseOptions) -> ParsedDocument:
    """The document in a file that was inside another one. Raises what `detect_type` and `parse` do."""
    return parse(content, detect_type(content, options.filename), options)


PARSERS: Final[Mapping[str, Parser]] = MappingProxyType(
    {
        **{name: partial(parse_compressed, parse_member=parse_member, media_type=name) for name in COMPRESSIONS},
        **{name: partial(parse_code, media_type=name) for name in CODE_TYPES},
        **{name: partial(parse_subtitles, media_type=name) for name in ("application/x-subrip", "text/vtt")},
        "application/epub+zip": parse_epub,
        "application/json": parse_json,
        "application/mbox": partial(parse_mailbox, parse_member=parse_member),
        "application/pdf": parse_pdf,
        "application/vnd.ms-outlook": partial(parse_outlook, parse_member=parse_member),
        "application/x-ipynb+json": parse_notebook,
        "application/x-ndjson": parse_json_lines,
        "application/x-tar": partial(parse_tar, parse_member=parse_member),
        "application/xml": parse_xml,
        "application/zip": partial(parse_zip, parse_member=parse_member),
        **OFFICE_PARSERS,
        "message/rfc822": partial(parse_mail, parse_member=parse_member),
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

    Raises the problems of `engine/parsing/problems.py` and no other.
    """
    parser = PARSERS.get(media_type)
    if parser is None:
        raise DocumentTypeUnsupported(media_type=media_type, filename=options.filename)
    document = parser(content, options)
    options.limits.check(n_chars=len(document.text))
    if not document.blocks:
        raise DocumentEmpty(media_type=media_type)
    return document
