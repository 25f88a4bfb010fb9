import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.parse import PARSERS
from ragstone.engine.parsing.problems import DocumentTypeUnsupported


@pytest.mark.parametrize(
    ("content", "filename", "media_type"),
    [
        (b"%PDF-1.7 ...", "x.txt", "application/pdf"),
        (b"junk\n%PDF-1.7 ...", None, "application/pdf"),
        (b"<!DOCTYPE html><p>x", "x.txt", "text/html"),
        (b"<?xml version='1.0'?><!-- c --><html xmlns='x'>", None, "text/html"),
        ("<html><p>س".encode("utf-16"), None, "text/html"),
        (b"<div>x</div>", None, "text/html"),
        (b"<div align=center>\n\n# Title", "README.md", "text/markdown"),
        (b"# Title", "a.MD", "text/markdown"),
        (b"# Title", None, "text/plain"),
        (b"a,b\n1,2\n", "x.csv", "text/plain"),
        (b"words", "x.pdf", "text/plain"),
        ("سلام عليكم".encode("cp1256"), None, "text/plain"),
        ("السلام عليكم ورحمة الله".encode("utf-16-le"), None, "text/plain"),
        (b"", None, "text/plain"),
    ],
)
def test_content_decides_and_the_name_settles_the_rest(content: bytes, filename: str | None, media_type: str) -> None:
    assert detect_type(content, filename) == media_type


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1", "image/png"),
        (bytes(range(256)), "application/octet-stream"),
        (b"<?xml version='1.0'?><feed/>", "application/xml"),
        (b"{\\rtf1 hello}", "application/rtf"),
    ],
)
def test_other_types_are_named_and_refused(content: bytes, media_type: str) -> None:
    with pytest.raises(DocumentTypeUnsupported) as caught:
        detect_type(content, "file.txt")
    assert caught.value.facts == {"media_type": media_type, "filename": "file.txt"}


def test_an_archive_is_refused_whatever_its_name() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "text")
    with pytest.raises(DocumentTypeUnsupported):
        detect_type(archive.getvalue(), "notes.md")


@given(st.binary())
def test_every_detected_type_has_a_parser(content: bytes) -> None:
    with suppress(DocumentTypeUnsupported):
        assert detect_type(content, None) in PARSERS
