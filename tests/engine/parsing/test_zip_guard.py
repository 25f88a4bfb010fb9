import struct
import tracemalloc
import zipfile
from base64 import b64decode
from contextlib import suppress
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.limits import ParseLimits, ParseOptions, Unpacked
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEncrypted,
    DocumentHostile,
    DocumentTypeUnsupported,
    DocumentUnpacksTooLarge,
)
from ragstone.engine.parsing.zip_guard import GuardedZip, check_zip

MEDIA_TYPE = "application/zip"
OPTIONS = ParseOptions(ParseLimits(max_pages=10, max_chars=1000))


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bomb(n_bytes: int) -> bytes:
    """A zip of about a thousandth of `n_bytes`, made without holding them."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as member:
        for _ in range(n_bytes // 2**20):
            member.write(bytes(2**20))
    return buffer.getvalue()


def with_limits(**limits: int) -> ParseOptions:
    return ParseOptions(ParseLimits(max_pages=10, max_chars=1000, **limits))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_files_come_out_as_they_went_in(method: int) -> None:
    members = {"a.txt": b"one" * 1000, "ملف.txt": "نص".encode(), "empty": b""}
    guarded = GuardedZip(zipped(members, method), MEDIA_TYPE, OPTIONS)
    assert {name: guarded.read(name) for name in guarded.names} == members


def test_a_file_that_is_not_there_is_a_damaged_document() -> None:
    guarded = GuardedZip(zipped({"a": b"x"}), MEDIA_TYPE, OPTIONS)
    assert "a" in guarded
    assert "b" not in guarded
    with pytest.raises(DocumentCorrupt):
        guarded.read("b")


def test_a_bomb_is_refused_before_any_of_it_is_unpacked() -> None:
    content = bomb(256 * 2**20)
    tracemalloc.start()
    with pytest.raises(DocumentHostile) as caught:
        GuardedZip(content, MEDIA_TYPE, OPTIONS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.facts == {"media_type": MEDIA_TYPE, "cause": "ratio"}
    assert peak < 4 * 2**20


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_promised() -> None:
    content = bomb(64 * 2**20)
    size = struct.pack("<I", 64 * 2**20)
    lying = content.replace(size, struct.pack("<I", 100))
    assert lying != content
    with pytest.raises(DocumentCorrupt):
        check_zip(lying, MEDIA_TYPE, OPTIONS)


def test_entries_that_share_their_bytes_are_refused() -> None:
    content = zipped({"a": b"x" * 5000, "b": b"x" * 5000}, zipfile.ZIP_STORED)
    directory = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", directory + 4)
    offset_at = second + 42
    assert content[offset_at : offset_at + 4] != bytes(4)
    overlapping = content[:offset_at] + bytes(4) + content[offset_at + 4 :]
    with pytest.raises(DocumentHostile) as caught:
        GuardedZip(overlapping, MEDIA_TYPE, OPTIONS)
    assert caught.value.facts["cause"] == "overlap"


def test_too_many_entries_are_refused() -> None:
    content = zipped({str(number): b"" for number in range(11)})
    with pytest.raises(DocumentUnpacksTooLarge):
        GuardedZip(content, MEDIA_TYPE, with_limits(max_entries=10))


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(DocumentUnpacksTooLarge) as caught:
        GuardedZip(zipped({"a": b"x" * 101}), MEDIA_TYPE, with_limits(max_unpacked_bytes=100))
    assert caught.value.facts == {"max_entries": 10_000, "max_unpacked_bytes": 100}


def test_files_inside_one_file_share_one_account() -> None:
    limits = ParseLimits(max_pages=10, max_chars=1000, max_unpacked_bytes=150)
    options = ParseOptions(limits, unpacked=Unpacked())
    assert GuardedZip(zipped({"a": b"x" * 100}), MEDIA_TYPE, options).read("a") == b"x" * 100
    with pytest.raises(DocumentUnpacksTooLarge):
        GuardedZip(zipped({"a": b"x" * 100}), MEDIA_TYPE, options)


def test_reading_the_same_file_again_and_again_ends_at_the_limit() -> None:
    guarded = GuardedZip(zipped({"a": b"x" * 100}), MEDIA_TYPE, with_limits(max_unpacked_bytes=250))
    guarded.read("a")
    guarded.read("a")
    with pytest.raises(DocumentUnpacksTooLarge):
        guarded.read("a")


def test_an_encrypted_file_needs_a_password() -> None:
    content = bytearray(zipped({"a": b"secret"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    for options in (OPTIONS, ParseOptions(OPTIONS.limits, password="wrong")):
        with pytest.raises(DocumentEncrypted):
            GuardedZip(bytes(content), MEDIA_TYPE, options).read("a")


AES_128, AES_192, AES_256 = (
    (
        "UEsDBBQAAQBjAEprdV0AAAAANQAAACcAAAAFAAsAYS50eHQBmQcAAgBBRQEIAOKs55Pr5TnbPccLr/KNz0iabG1QXidjXghO57MQIBxJNiDl8QMk"
        "jsBB/TILIy7cj9+aVAERUEsBAhQDFAABAGMASmt1XQAAAAA1AAAAJwAAAAUACwAAAAAAAAAAAIABAAAAAGEudHh0AZkHAAIAQUUBCABQSwUGAAAA"
        "AAEAAQA+AAAAYwAAAAAA"
    ),
    (
        "UEsDBBQAAQBjAEprdV0AAAAAOQAAACcAAAAFAAsAYS50eHQBmQcAAgBBRQIIABFvArtK4JJikKuNIBhydzad93+3WaWoa1phQbTygNpdiR4WJU2r"
        "hS6096iEUx8Fh+KhlLlIqAjZnVBLAQIUAxQAAQBjAEprdV0AAAAAOQAAACcAAAAFAAsAAAAAAAAAAACAAQAAAABhLnR4dAGZBwACAEFFAggAUEsF"
        "BgAAAAABAAEAPgAAAGcAAAAAAA=="
    ),
    (
        "UEsDBBQAAQBjAEprdV0AAAAAPQAAACcAAAAFAAsAYS50eHQBmQcAAgBBRQMIAPZKp5vgmaacvuIio6vF7+9lvx5wi0hiPbTmStw3X3EFpZ2LrdQT"
        "daCFGxlgHjth8d8bS9CD+cfHnnxd8NhQSwECFAMUAAEAYwBKa3VdAAAAAD0AAAAnAAAABQALAAAAAAAAAAAAgAEAAAAAYS50eHQBmQcAAgBBRQMI"
        "AFBLBQYAAAAAAQABAD4AAABrAAAAAAA="
    ),
)
"""Written by pyzipper 0.4.0 with the password «كلمة»."""


@pytest.mark.parametrize("encoded", [AES_128, AES_192, AES_256])
def test_a_file_under_aes_opens_with_its_password_alone(encoded: str) -> None:
    content = b64decode(encoded)
    opened = GuardedZip(content, MEDIA_TYPE, replace(OPTIONS, password="كلمة"))
    assert opened.read("a.txt") == b"secret text of the archive, secret text"
    for options in (OPTIONS, replace(OPTIONS, password="wrong")):
        with pytest.raises(DocumentEncrypted):
            GuardedZip(content, MEDIA_TYPE, options).read("a.txt")


@given(st.integers(0, 98), st.integers(1, 255))
def test_a_changed_file_under_aes_raises_problems_and_nothing_else(at: int, change: int) -> None:
    content = bytearray(b64decode(AES_256))
    content[at] ^= change
    with suppress(DocumentCorrupt, DocumentEncrypted, DocumentHostile, DocumentTypeUnsupported):
        check_zip(bytes(content), MEDIA_TYPE, replace(OPTIONS, password="كلمة"))


def test_an_unknown_packing_method_is_not_supported() -> None:
    content = bytearray(zipped({"a": b"text"}))
    content[8] = 97
    content[content.index(b"PK\x01\x02") + 10] = 97
    with pytest.raises(DocumentTypeUnsupported) as caught:
        GuardedZip(bytes(content), MEDIA_TYPE, OPTIONS).read("a")
    assert caught.value.facts == {"media_type": MEDIA_TYPE, "filename": "a"}


@given(st.binary(max_size=300))
def test_bytes_that_are_no_zip_are_a_damaged_document(content: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        GuardedZip(content, MEDIA_TYPE, OPTIONS)


@given(st.data())
def test_a_damaged_zip_raises_problems_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(zipped({"a.txt": b"text " * 50, "b.bin": bytes(range(256))}))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(
        DocumentCorrupt, DocumentEncrypted, DocumentHostile, DocumentTypeUnsupported, DocumentUnpacksTooLarge
    ):
        check_zip(bytes(content), MEDIA_TYPE, OPTIONS)
