"""HTML and XHTML: the canonical text is what a reader of the page sees. Nothing is executed or fetched."""

import re
from collections import Counter
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.html_text import VOID_TAGS, visible_text
from ragstone.engine.parsing.problems import DocumentCorrupt

_MEDIA_TYPE: Final = "text/html"
_DECLARED_WITHIN: Final = 4096
_DECLARED: Final = re.compile(rb"(?:<\?xml[^>]*?encoding|<meta[^>]*?charset)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XHTML: Final = re.compile(r"\s*(?:<\?xml\b|<!DOCTYPE[^>]*\bXHTML\b)", re.IGNORECASE)
_SELF_CLOSED: Final = re.compile(r"<([A-Za-z][\w:-]*)([^<>]*)/>")
_TAG: Final = re.compile(r"<(/?)([A-Za-z][\w:-]*)")
_CLOSED_BY_RULE: Final = VOID_TAGS.union(
    ["dd", "dt", "li", "optgroup", "option", "p", "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr"]
)
_MAX_DEPTH: Final = 10_000
_FIELDS: Final = {
    "article:author": "author",
    "article:published_time": "date",
    "author": "author",
    "citation_author": "author",
    "citation_publication_date": "date",
    "date": "date",
    "dc.creator": "author",
    "dc.date": "date",
    "dc.description": "description",
    "dcterms.created": "date",
    "description": "description",
    "keywords": "tags",
    "og:description": "description",
    "pubdate": "date",
}


def parse_html(content: bytes) -> ParsedDocument:
    """A page in any encoding, declared or not.

    Raises `DocumentCorrupt` for bytes that are no text, and for tags nested deeper than any page is: the time to parse
    grows with the square of the depth.
    """
    declared = _DECLARED.search(content, 0, _DECLARED_WITHIN)
    source = decode(content, _MEDIA_TYPE, declared.group(1).decode("ascii", "replace") if declared else None)
    if _XHTML.match(source):
        source = _SELF_CLOSED.sub(_closed, source)
    if _is_too_deep(source):
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    # Python holds lone surrogates that UTF-8, the parser's own encoding, cannot.
    tree = LexborHTMLParser(source.encode("utf-8", "replace"))
    text, blocks, first_heading = visible_text(tree)
    title = tree.css_first("head title")
    return ParsedDocument(
        text,
        blocks,
        title=(_one_line(title.text()) if title else "") or first_heading,
        metadata=_metadata(tree),
    )


def _closed(tag: re.Match[str]) -> str:
    """`<a/>`, which XHTML allows for every element and HTML reads as `<a>`, with an end tag."""
    name, attributes = tag.groups()
    return tag.group() if name.lower() in VOID_TAGS else f"<{name}{attributes}></{name}>"


def _is_too_deep(source: str) -> bool:
    open_tags: Counter[str] = Counter()
    depth = 0
    for slash, name in _TAG.findall(source):
        tag = name.lower()
        if tag in _CLOSED_BY_RULE:
            continue
        if not slash:
            open_tags[tag] += 1
            depth += 1
        elif open_tags[tag]:
            open_tags[tag] -= 1
            depth -= 1
        if depth > _MAX_DEPTH:
            return True
    return False


def _metadata(tree: LexborHTMLParser) -> dict[str, str]:
    """What the head tells: author, date, description, language, tags. The first of several values counts."""
    found: dict[str, str] = {}
    for meta in tree.css("meta[content]"):
        attributes = meta.attributes
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        value = _one_line(attributes.get("content") or "")
        if name in _FIELDS and value:
            found.setdefault(_FIELDS[name], value)
    language = tree.root.attributes.get("lang") if tree.root else None
    return found | ({"language": language.strip()} if language and language.strip() else {})


def _one_line(text: str) -> str:
    return " ".join(canonical_text(text).split())
