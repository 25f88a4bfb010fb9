import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.parse import parse
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentHostile,
    DocumentTooLarge,
    DocumentTypeUnsupported,
    DocumentUnpacksTooLarge,
)
from ragstone.kit.problem import Problem

OPTIONS = ParseOptions(ParseLimits(max_pages=100, max_chars=1_000_000))
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)
MEMBERS = {"notes.txt": b"one\n\ntwo", "docs/page.html": b"<h1>Page</h1><p>three</p>", "docs/a.csv": b"n,v\nx,1\n"}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in others:
            archive.addfile(entry)
    return buffer.getvalue()


PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "application/zip": zipped,
    "application/x-tar": tarred,
    "application/gzip": lambda members: gzip.compress(tarred(members)),
    "application/x-bzip2": lambda members: bz2.compress(tarred(members)),
    "application/x-xz": lambda members: lzma.compress(tarred(members)),
}
packed_in_any_way = pytest.mark.parametrize(("media_type", "pack"), PACKERS.items())


def blocks_of(document: ParsedDocument) -> list[tuple[str, tuple[str, ...]]]:
    return [(document.text[block.start_char : block.end_char], block.headings) for block in document.blocks]


@packed_in_any_way
def test_every_member_is_a_section_under_its_path(
    assert_sound: Callable[[ParsedDocument], None], media_type: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    document = parse(pack(MEMBERS), media_type, OPTIONS)
    assert_sound(document)
    assert blocks_of(document) == [
        ("notes.txt", ()),
        ("one", ("notes.txt",)),
        ("two", ("notes.txt",)),
        ("docs/page.html", ()),
        ("Page", ("docs/page.html",)),
        ("three", ("docs/page.html", "Page")),
        ("docs/a.csv", ()),
        ("n: x | v: 1", ("docs/a.csv",)),
    ]
    assert document.metadata == {"members": 3}


@packed_in_any_way
def test_what_cannot_be_read_is_named_and_spoils_nothing(
    media_type: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    members = {"a.png": PICTURE, "b.pdf": b"%PDF-1.7 endobj broken", "empty.txt": b" ", "ملف.txt": "نص عربي".encode()}
    document = parse(pack(members), media_type, OPTIONS)
    assert blocks_of(document) == [("ملف.txt", ()), ("نص عربي", ("ملف.txt",))]
    assert document.metadata == {"members": 3, "unread": ("a.png", "b.pdf")}


@packed_in_any_way
def test_an_archive_with_nothing_to_read_has_the_problem_of_its_first_member(
    media_type: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    with pytest.raises(DocumentTypeUnsupported) as caught:
        parse(pack({"a.png": PICTURE, "b.pdf": b"%PDF-1.7 endobj broken"}), media_type, OPTIONS)
    assert caught.value.facts["media_type"] == "image/png"
    with pytest.raises(DocumentEmpty):
        parse(
            pack({"__MACOSX/._a.txt": b"x", ".DS_Store": b"x", "d/Thumbs.db": b"x", "a.txt": b""}), media_type, OPTIONS
        )


def nested(pack: Callable[[dict[str, bytes]], bytes], suffix: str, depth: int) -> bytes:
    content = pack({"inner.txt": b"deep inside"})
    for _ in range(depth - 1):
        content = pack({f"inner{suffix}": content})
    return content


@pytest.mark.parametrize(("pack", "suffix"), [(zipped, ".zip"), (tarred, ".tar")])
def test_archives_are_read_five_deep_and_no_deeper(pack: Callable[[dict[str, bytes]], bytes], suffix: str) -> None:
    five = nested(pack, suffix, 5)
    document = parse(five, detect_type(five, None), OPTIONS)
    assert blocks_of(document)[-1] == ("deep inside", (*[f"inner{suffix}"] * 4, "inner.txt"))
    six = nested(pack, suffix, 6)
    with pytest.raises(DocumentHostile) as caught:
        parse(six, detect_type(six, None), OPTIONS)
    assert caught.value.facts["cause"] == "nesting"


def test_what_is_nested_too_deep_spoils_nothing_beside_it() -> None:
    document = parse(zipped({"deep.zip": nested(zipped, ".zip", 5), "a.txt": b"text"}), "application/zip", OPTIONS)
    assert document.text == "a.txt\n\ntext"
    assert document.metadata["unread"] == ("deep.zip",)


def test_a_file_compressed_again_and_again_is_refused() -> None:
    content = b"text"
    for _ in range(6):
        content = gzip.compress(content)
    with pytest.raises(DocumentHostile):
        parse(content, "application/gzip", OPTIONS)


@pytest.mark.parametrize(
    ("media_type", "compress"),
    [("application/gzip", gzip.compress), ("application/x-bzip2", bz2.compress), ("application/x-xz", lzma.compress)],
)
def test_a_single_compressed_file_is_the_document_in_it(media_type: str, compress: Callable[[bytes], bytes]) -> None:
    options = ParseOptions(OPTIONS.limits, filename="table.csv.gz")
    assert parse(compress(b"n,v\nx,1\n"), media_type, options).text == "n: x | v: 1"


@pytest.mark.parametrize(
    ("media_type", "compress"),
    [("application/gzip", gzip.compress), ("application/x-bzip2", bz2.compress), ("application/x-xz", lzma.compress)],
)
def test_a_bomb_is_refused_and_costs_no_memory(media_type: str, compress: Callable[[bytes], bytes]) -> None:
    content = compress(bytes(128 * 2**20))
    tracemalloc.start()
    with pytest.raises(DocumentHostile) as caught:
        parse(content, media_type, OPTIONS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.facts["cause"] == "ratio"
    assert peak < 40 * 2**20


def test_a_bomb_inside_an_archive_spoils_nothing_beside_it() -> None:
    inner = zipped({"zeros": bytes(64 * 2**20)})
    document = parse(tarred({"bomb.zip": inner, "a.txt": b"text"}), "application/x-tar", OPTIONS)
    assert document.text == "a.txt\n\ntext"
    assert document.metadata["unread"] == ("bomb.zip",)


def test_archives_inside_archives_share_one_account() -> None:
    limits = ParseLimits(max_pages=10, max_chars=1_000_000, max_entries=10)
    inner = zipped({f"{number}.txt": b"text" for number in range(4)})
    content = zipped({f"{number}.zip": inner for number in range(3)})
    with pytest.raises(DocumentUnpacksTooLarge):
        parse(content, "application/zip", ParseOptions(limits))
    with pytest.raises(DocumentUnpacksTooLarge):
        parse(tarred({str(number): b"x" for number in range(11)}), "application/x-tar", ParseOptions(limits))


def test_more_text_than_allowed_in_all_members_together_is_too_large() -> None:
    limits = ParseLimits(max_pages=10, max_chars=100)
    with pytest.raises(DocumentTooLarge):
        parse(zipped({f"{number}.txt": b"x" * 30 for number in range(4)}), "application/zip", ParseOptions(limits))


def test_links_and_devices_are_left_out() -> None:
    link, device = tarfile.TarInfo("link.txt"), tarfile.TarInfo("null")
    link.type, link.linkname, device.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.CHRTYPE
    document = parse(tarred({"a.txt": b"text"}, link, device), "application/x-tar", OPTIONS)
    assert document.text == "a.txt\n\ntext"
    assert document.metadata == {"members": 1}


def test_a_cut_off_archive_is_corrupt() -> None:
    packed = gzip.compress(tarred({"a.txt": b"text", "b.txt": bytes(range(256)) * 200}))
    with pytest.raises(DocumentCorrupt):
        parse(packed[: len(packed) // 2], "application/gzip", OPTIONS)


def test_a_name_in_utf_8_is_read_though_the_archive_does_not_say_so() -> None:
    content = bytearray(zipped({"ملف.txt": b"text"}))
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags_at + 1] &= ~0x08
    assert parse(bytes(content), "application/zip", OPTIONS).text.startswith("ملف.txt")


def test_one_encrypted_member_makes_the_archive_encrypted() -> None:
    content = Path("../shared/data/documents/zip/tika__testZipEncrypted.zip")
    if not content.exists():
        pytest.skip("the shared documents are not here")
    with pytest.raises(DocumentEncrypted):
        parse(content.read_bytes(), "application/zip", OPTIONS)


@given(st.sampled_from(sorted(PACKERS)), st.data())
def test_a_damaged_archive_raises_problems_and_nothing_else(media_type: str, data: st.DataObject) -> None:
    content = bytearray(PACKERS[media_type](MEMBERS))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Problem):
        parse(bytes(content), media_type, OPTIONS)
