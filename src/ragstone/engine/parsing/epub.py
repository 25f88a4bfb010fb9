"""EPUB: the chapters of a book in reading order (EPUB 2 and 3)."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.document import BlockKind, MetadataValue, ParsedDocument
from ragstone.engine.parsing.guarded_xml import xml_tree
from ragstone.engine.parsing.html import parse_html
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted
from ragstone.engine.parsing.text_writer import TextWriter
from ragstone.engine.parsing.zip_guard import GuardedZip

_EPUB: Final = "application/epub+zip"
_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
_FONT_OBFUSCATION: Final = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_CHAPTER_TYPES: Final = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


def parse_epub(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A book. A chapter without a heading of its own has that of the table of contents.

    Chapters that are missing or damaged are named in the metadata `unread`. Raises `DocumentCorrupt` where all are, or
    the file is no book, `DocumentEncrypted` for a book under digital rights management, and what `GuardedZip` does.
    """
    book = GuardedZip(content, _EPUB, options)
    if _is_protected(book):
        raise DocumentEncrypted(media_type=_EPUB)
    package_path = _package_path(book)
    package = xml_tree(book.read(package_path), _EPUB)
    metadata = _metadata(package)
    folder = posixpath.dirname(package_path)
    labels = _labels(book, package, folder)
    writer = TextWriter(options.limits)
    paths = list(_chapter_paths(package, folder))
    unread = []
    for path in paths:
        try:
            chapter = parse_html(book.read(path))
        except DocumentCorrupt:
            unread.append(path)
            continue
        _write_chapter(writer, chapter, labels.get(path))
    if len(unread) == len(paths):
        raise DocumentCorrupt(media_type=_EPUB)
    title = metadata.pop("title", "")
    return writer.finish(str(title), {**metadata, "unread": tuple(unread)})


def _write_chapter(writer: TextWriter, chapter: ParsedDocument, label: str | None) -> None:
    writer.leave_sections()
    if label and chapter.blocks and not any(block.kind is BlockKind.HEADING for block in chapter.blocks):
        writer.heading(1, label)
    writer.embed(chapter)


def _is_protected(book: GuardedZip) -> bool:
    """Whether anything but fonts is encrypted; these may be, to the letter of their licences, by a key all know."""
    if _ENCRYPTION not in book:
        return False
    methods = _all(xml_tree(book.read(_ENCRYPTION), _EPUB), "EncryptionMethod")
    return any(method.get("Algorithm") not in _FONT_OBFUSCATION for method in methods)


def _package_path(book: GuardedZip) -> str:
    """Where the container says that the package is, or else the first that there is."""
    if _CONTAINER in book:
        for root in _all(xml_tree(book.read(_CONTAINER), _EPUB), "rootfile"):
            if (path := root.get("full-path", "")) in book:
                return path
    found = next((name for name in book.names if name.lower().endswith(".opf")), None)
    if found is None:
        raise DocumentCorrupt(media_type=_EPUB)
    return found


def _chapter_paths(package: Element, folder: str) -> Iterator[str]:
    """The chapters in the order of the spine, but for the table of contents: it only repeats their headings."""
    items = {item.get("id"): item for item in _all(package, "item")}
    for reference in _all(package, "itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _CHAPTER_TYPES:
            continue
        if "nav" not in item.get("properties", "").split():
            yield _path(folder, item.get("href", ""))


def _labels(book: GuardedZip, package: Element, folder: str) -> Mapping[str, str]:
    """The titles that the table of contents has for whole files, by their paths."""
    found: dict[str, str] = {}
    for item in _all(package, "item"):
        path = _path(folder, item.get("href", ""))
        is_contents = (
            "nav" in item.get("properties", "").split() or item.get("media-type") == "application/x-dtbncx+xml"
        )
        if not is_contents or path not in book:
            continue
        try:
            contents = xml_tree(book.read(path), _EPUB)
        except DocumentCorrupt:  # A book is readable without it.
            continue
        for label, address in _entries(contents):
            if not urlsplit(address).fragment:
                found.setdefault(_path(posixpath.dirname(path), address), label)
    return found


def _entries(contents: Element) -> Iterator[tuple[str, str]]:
    """Title and address of every entry of a table of contents, in either of its forms."""
    for link in _all(contents, "a"):
        yield _text(link), link.get("href", "")
    for point in _all(contents, "navPoint"):
        label, target = next(_all(point, "navLabel"), None), next(_all(point, "content"), None)
        if label is not None and target is not None:
            yield _text(label), target.get("src", "")


def _metadata(package: Element) -> dict[str, MetadataValue]:
    def values(name: str) -> tuple[str, ...]:
        return tuple(filter(None, map(_text, _all(package, name))))

    return {
        "author": ", ".join(values("creator")),
        "date": next(iter(values("date")), ""),
        "description": next(iter(values("description")), ""),
        "keywords": values("subject"),
        "language": next(iter(values("language")), ""),
        "publisher": next(iter(values("publisher")), ""),
        "title": next(iter(values("title")), ""),
    }


def _all(element: Element, name: str) -> Iterator[Element]:
    """All elements of a name in any namespace: books declare the wrong one, or none."""
    return (found for found in element.iter() if isinstance(found.tag, str) and found.tag.rpartition("}")[2] == name)


def _text(element: Element) -> str:
    return " ".join(canonical_text("".join(element.itertext())).split())


def _path(folder: str, address: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(urlsplit(address).path)))
