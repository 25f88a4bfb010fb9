"""What parsers need must be there before the file system is closed to them: codecs, ciphers, parsers of parts."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.problems import DocumentHostile
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits

LIMITS = SandboxLimits(
    memory_bytes=2**29, cpu_s=20, wall_s=30, parse=ParseLimits(max_pages=100, max_chars=100_000, max_nesting=5)
)
PARTS = {
    "japanese.csv": "名前,年齢\n佐藤太郎,30\n三木英子,25\n".encode("cp932"),
    "chinese.txt": "中华人民共和国成立于1949年，首都是北京。".encode("gb18030"),  # noqa: RUF001 - so it is written.
    "arabic.txt": "يعتبر الاقتصاد السعودي من أكبر الاقتصادات في المنطقة.".encode("cp1256"),
    "mailed.txt": "日本語の文章です。これはテストです。".encode("iso2022_jp"),
    "feed.xml": b"<rss><title>Feed</title><p>prose</p></rss>",
    "page.html": b"<h1>Page</h1><table><tr><th>a<th>b<tr><td>1<td>2</table>",
    "notebook.ipynb": b'{"cells": [{"cell_type": "code", "source": "x = 1"}], "nbformat": 4}',
    "talk.srt": b"1\n00:00:01,000 --> 00:00:02,000\nWelcome\n",
    "records.jsonl": b'{"a": 1}\n{"a": 2}\n',
    "code.py": b"def f():\n    return 1\n",
}


@pytest.fixture
async def parser() -> AsyncIterator[ParserProcess]:
    async with ParserProcess(LIMITS) as parser:
        yield parser


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


async def test_all_kinds_of_parts_are_read_behind_the_walls(parser: ParserProcess) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "تقرير", "Sara <s@x.org>"
    mail.set_content("see below")
    mail.add_attachment(zipped(PARTS), maintype="application", subtype="zip", filename="parts.zip")
    document, media_type = await parser.parse(tarred({"mail.eml": mail.as_bytes()}), None, "all.tar.gz")
    assert media_type == "application/gzip"
    assert {block.headings[2] for block in document.blocks if len(block.headings) > 2} == set(PARTS)
    for words in (
        "名前: 三木英子 | 年齢: 25",
        "首都是北京",
        "الاقتصاد السعودي",
        "これはテスト",
        "a: 1 | b: 2",
        "x = 1",
    ):
        assert words in document.text


async def test_a_bomb_is_told_from_a_large_file_and_costs_the_process_nothing(parser: ParserProcess) -> None:
    bomb = gzip.compress(bytes(2**28))
    for _ in range(2):
        with pytest.raises(DocumentHostile):
            await parser.parse(bomb, None, "bomb.gz")
    assert (await parser.parse(b"text", None, "a.txt"))[0].text == "text"
