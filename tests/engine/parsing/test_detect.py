import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.detect import detect_type
from ragstone.engine.parsing.media_types import DOCX, PPTX, XLSX
from ragstone.engine.parsing.problems import DocumentCorrupt

DOCUMENTS = Path(__file__).parents[4] / "shared" / "data" / "documents"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
MAIL = b"Received: from a\r\n by b\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nText"
NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4}, indent=1).encode()
TABLE = b'name,town,year\nAda,London,1815\nGrace,New York,1906\n"Noether, E.",Erlangen,1882\n'


def packed(parts: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return archive.getvalue()


def office(content_type: str) -> bytes:
    return packed(
        {"[Content_Types].xml": f"<Types><Override ContentType='{content_type}'/></Types>", "a/b.xml": "<b/>"}
    )


def tar(names: tuple[str, ...], kind: int) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=kind) as file:
        for name in names:
            file.addfile(tarfile.TarInfo(name))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("content", "filename", "media_type"),
    [
        (b"%PDF-1.7 ...", "x.txt", "application/pdf"),
        (b"junk%PDF-1.7\n1 0 obj\nendobj", None, "application/pdf"),
        (b"A file begins with %PDF-1.7 when it is one.", "a.txt", "text/plain"),
        (b"<!DOCTYPE html><p>x", "x.txt", "text/html"),
        (b"<?xml version='1.0'?><!-- c --><html xmlns='x'>", None, "text/html"),
        ("<html><p>س".encode("utf-16"), None, "text/html"),
        (b"<div>x</div>", None, "text/html"),
        (b"<div align=center>\n\n# Title", "README.md", "text/markdown"),
        (b"# Title", "a.MD", "text/markdown"),
        (b"# Title", None, "text/plain"),
        (b"words", "x.pdf", "text/plain"),
        (b"words", "x.docx", "text/plain"),
        ("سلام عليكم".encode("cp1256"), None, "text/plain"),
        ("السلام عليكم ورحمة الله".encode("utf-16-le"), None, "text/plain"),
        (b"", None, "text/plain"),
        (b"<?xml version='1.0'?><feed/>", "a.html", "application/xml"),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", None, "application/xml"),
        (b"<feed/>", "a.xml", "application/xml"),
        (b"{\\rtf1 hello}", "a.doc", "application/rtf"),
        (b"\xffWPC\x10\0\0\0", "a.wpd", "application/vnd.wordperfect"),
        (MAIL, "note.txt", "message/rfc822"),
        (b"Subject: only this\n\nand text", "note.txt", "text/plain"),
        (b"Subject: only this\n\nand text", "note.eml", "message/rfc822"),
        (b"From a@b.example Thu Jan  1 00:00:00 2015\nFrom: a\n\nx", None, "application/mbox"),
        (b"From here to 2015 nothing happened.\nThen: it did.", None, "text/plain"),
        (NOTEBOOK, "a.json", "application/x-ipynb+json"),
        (b'{"a": [1, 2]}', "a.txt", "application/json"),
        (b'{"a": 1}\n{"a": 2}\n', "a.json", "application/x-ndjson"),
        (b'{"a": ', "a.json", "application/json"),
        (b"[1] A footnote.", None, "text/plain"),
        (b"{a set} of words", None, "text/plain"),
        (b"a,b\n1,2\n", "x.csv", "text/csv"),
        (b"a,b\n1,2\n", "x.txt", "text/plain"),
        (TABLE, None, "text/csv"),
        (TABLE.replace(b",", b";"), "export", "text/csv"),
        (TABLE.replace(b",", b"\t"), "old.xls", "text/tab-separated-values"),
        (b"Paris, in spring, is\nfull, as ever, of\npeople, cars, and\ndogs, cats, birds\n", None, "text/plain"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi", "a.txt", "text/vtt"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi", None, "application/x-subrip"),
        (b"def f():\n    pass\n", "a.py", "text/x-python"),
        (b"SELECT 1;", "a.SQL", "text/x-sql"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1", "a.txt", "image/png"),
        (gzip.compress(b"text"), "a.txt", "application/gzip"),
        (bz2.compress(b"text"), None, "application/x-bzip2"),
        (bz2.compress(b""), None, "application/x-bzip2"),
        (lzma.compress(b"text"), None, "application/x-xz"),
        (tar(("a.pdf",), tarfile.USTAR_FORMAT), None, "application/x-tar"),
        (tar(("a",), tarfile.GNU_FORMAT), "a.txt", "application/x-tar"),
        (packed({"a.txt": "text"}), "notes.docx", "application/zip"),
        (packed({}), "notes.md", "application/zip"),
        (packed({"mimetype": "application/epub+zip"}), None, "application/epub+zip"),
        (packed({"META-INF/container.xml": "<container/>"}), None, "application/epub+zip"),
        (packed({"mimetype": OPEN_DOCUMENT + "text"}), "a.zip", OPEN_DOCUMENT + "text"),
        (packed({"mimetype": OPEN_DOCUMENT + "spreadsheet-template\n"}), None, OPEN_DOCUMENT + "spreadsheet"),
        (packed({"mimetype": OPEN_DOCUMENT + "presentation"}), None, OPEN_DOCUMENT + "presentation"),
        (office(f"{DOCX}.main+xml"), "a.zip", DOCX),
        (office("application/vnd.ms-word.document.macroEnabled.main+xml"), None, DOCX),
        (office("application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"), None, PPTX),
        (office("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), None, XLSX),
        (packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"}), None, XLSX),
        (packed({"word/document.xml": "text"})[:40], "cut.docx", DOCX),
        (packed({"word/document.xml": "text"})[:40], None, "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", "a.ppt", "application/vnd.ms-powerpoint"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", None, "application/x-ole-storage"),
    ],
)
def test_content_decides_and_the_name_settles_the_rest(content: bytes, filename: str | None, media_type: str) -> None:
    assert detect_type(content, filename) == media_type


@pytest.mark.skipif(not DOCUMENTS.exists(), reason="the development data is not beside the repository")
@pytest.mark.parametrize(
    ("file", "filename", "media_type"),
    [
        ("doc/unstructured__simple.doc", None, "application/msword"),
        ("xls/markitdown__test.xls", None, "application/vnd.ms-excel"),
        ("ppt/unstructured__fake-power-point.ppt", None, "application/vnd.ms-powerpoint"),
        ("msg/markitdown__test_outlook_msg.msg", "a.doc", "application/vnd.ms-outlook"),
        ("xlsx/unstructured__password_protected.xlsx", "a.xlsx", XLSX),
        ("docx/tika__testWORD_protected_passtika.docx", "a.docx", DOCX),
        ("docx/tika__testWORD_protected_passtika.docx", None, DOCX),
        ("xlsx/docling__xlsx_02_sample_sales_data.xlsm", None, XLSX),
        ("wpd/tika__testWordPerfect.wpd", None, "application/vnd.wordperfect"),
    ],
)
def test_real_office_files_are_told_by_their_streams(file: str, filename: str | None, media_type: str) -> None:
    assert detect_type((DOCUMENTS / file).read_bytes(), filename) == media_type


@pytest.mark.parametrize("filename", ["random.bin", "notes.txt", None])
@pytest.mark.parametrize("content", [bytes(range(256)), b"\x9a\0\xdc\0" + bytes(range(1, 256)) * 2])
def test_bytes_that_are_nothing_known_are_corrupt(content: bytes, filename: str | None) -> None:
    with pytest.raises(DocumentCorrupt):
        detect_type(content, filename)


@given(
    st.binary() | st.binary().map(b"PK\x03\x04".__add__) | st.binary().map(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".__add__)
)
def test_any_bytes_have_a_type_or_are_corrupt(content: bytes) -> None:
    with suppress(DocumentCorrupt):
        assert "/" in detect_type(content, "a.docx")
