import asyncio
import dataclasses
import os
import select
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ragstone.engine.parsing.limits import ParseLimits
from ragstone.engine.parsing.problems import DocumentEncrypted
from ragstone.features.ingestion.sandbox.problems import (
    DocumentParserCrashed,
    DocumentParserOutOfMemory,
    DocumentParserTimeout,
    DocumentParserUnavailable,
)
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits

CHILD = (sys.executable, "-I", str(Path(__file__).with_name("misbehaving_child.py")))
PARSE = ParseLimits(max_pages=10, max_chars=1000, max_nesting=3)
LIMITS = SandboxLimits(memory_bytes=2**30, cpu_s=20, wall_s=30, parse=PARSE)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this limit")


@pytest.fixture
async def parser() -> AsyncIterator[ParserProcess]:
    async with ParserProcess(LIMITS, CHILD) as parser:
        yield parser


async def deed(parser: ParserProcess, name: str) -> str:
    """The text of the document that the parser makes when it does so."""
    document, _ = await parser.parse(b"", None, name)
    return document.text


async def lives_on(parser: ParserProcess) -> bool:
    return (await parser.parse(b"next", "text/x", None))[0].text.startswith("next")


def has_ended(pid: int, timeout_s: float = 10.0) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], timeout_s)[0])
    finally:
        os.close(process)


async def test_the_parser_is_given_what_is_known_of_the_file_and_the_limits(parser: ParserProcess) -> None:
    document, media_type = await parser.parse(b"content", "text/x", "name", "sesame")
    assert document.text == f"content of 7, text/x, {PARSE}, sesame"
    assert media_type == "text/plain"


async def test_documents_are_read_one_after_another_by_one_process(parser: ParserProcess) -> None:
    assert len(set(await asyncio.gather(*(deed(parser, "pid") for _ in range(10))))) == 1


async def test_two_processes_read_at_the_same_time() -> None:
    async with ParserProcess(LIMITS, CHILD) as one, ParserProcess(LIMITS, CHILD) as other:
        waiting = asyncio.create_task(deed(one, "wait"))
        assert await lives_on(other)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_large_file_and_a_strange_name_arrive(parser: ParserProcess) -> None:
    document, _ = await parser.parse(b"x" * 20_000_000, None, "\ud800" * 10_000)
    assert document.text.startswith("xxxxxxxxxx of 20000000")


async def test_a_memory_bomb_costs_itself_only(parser: ParserProcess) -> None:
    with pytest.raises(DocumentParserOutOfMemory):
        await deed(parser, "bomb")
    assert await lives_on(parser)


@linux_only
async def test_a_file_larger_than_the_memory_is_out_of_memory() -> None:
    async with ParserProcess(dataclasses.replace(LIMITS, memory_bytes=2**24), CHILD) as parser:
        with pytest.raises(DocumentParserOutOfMemory):
            await parser.parse(bytes(2**25))
        assert await lives_on(parser)


async def test_a_killed_process_counts_as_out_of_memory(parser: ParserProcess) -> None:
    with pytest.raises(DocumentParserOutOfMemory):
        await deed(parser, "kill")
    assert await lives_on(parser)


async def test_an_endless_loop_is_ended_by_its_processor_time() -> None:
    async with ParserProcess(dataclasses.replace(LIMITS, cpu_s=0.1), CHILD) as parser:
        with pytest.raises(DocumentParserTimeout):
            await deed(parser, "loop")
        assert await lives_on(parser)


async def test_an_endless_wait_is_ended_by_the_clock() -> None:
    async with ParserProcess(dataclasses.replace(LIMITS, wall_s=0.2), CHILD) as parser:
        with pytest.raises(DocumentParserTimeout):
            await deed(parser, "wait")


@pytest.mark.parametrize(
    ("name", "cause"), [("fault", "SIGSEGV"), ("exit", "exit status 3"), ("bug", "RecursionError")]
)
async def test_a_crash_is_told_with_its_cause(parser: ParserProcess, name: str, cause: str) -> None:
    with pytest.raises(DocumentParserCrashed) as caught:
        await deed(parser, name)
    assert caught.value.facts == {"cause": cause}
    assert not caught.value.is_retryable
    assert await lives_on(parser)


async def test_a_problem_of_the_parser_is_raised_as_such_and_costs_no_process(parser: ParserProcess) -> None:
    before = await deed(parser, "pid")
    with pytest.raises(DocumentEncrypted) as caught:
        await deed(parser, "unreadable")
    assert caught.value.facts == {"media_type": "text/plain"}
    assert await deed(parser, "pid") == before


async def test_untidy_facts_are_tidied(parser: ParserProcess) -> None:
    with pytest.raises(DocumentEncrypted) as caught:
        await deed(parser, "untidy")
    assert caught.value.facts == {"media_type": "text/" + "x" * 995}


async def test_a_document_beyond_the_limits_is_not_accepted(parser: ParserProcess) -> None:
    with pytest.raises(DocumentParserCrashed, match="over the limit"):
        await deed(parser, "long")
    assert await lives_on(parser)


async def test_what_the_parser_prints_does_not_disturb_the_messages(parser: ParserProcess) -> None:
    assert await deed(parser, "print") == "printed"
    assert await lives_on(parser)


async def test_no_secret_is_in_the_environment(parser: ParserProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGSTONE_AUTH__BOOTSTRAP_KEY", "a secret of thirty-two characters")
    names = set((await deed(parser, "environment")).split())
    assert names <= {"LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS"}


@pytest.mark.parametrize("name", ["write", "open many"])
async def test_files_are_refused(parser: ParserProcess, name: str) -> None:
    assert (await deed(parser, name)).startswith("refused")


@linux_only
async def test_a_file_outside_python_is_refused(parser: ParserProcess) -> None:
    if (outcome := await deed(parser, "read")) == "allowed":
        pytest.skip("this kernel has no Landlock")
    assert outcome.startswith("refused")


async def test_the_network_is_refused(parser: ParserProcess) -> None:
    if (outcome := await deed(parser, "connect")) == "allowed":
        pytest.skip("this kernel gives no network namespace to an ordinary user")
    assert outcome.startswith("refused")


@pytest.mark.skipif(os.getuid() == 0, reason="no limit of processes holds for root")
async def test_processes_are_refused(parser: ParserProcess) -> None:
    assert (await deed(parser, "start")).startswith("refused")


async def test_a_process_is_replaced_after_so_many_documents() -> None:
    async with ParserProcess(dataclasses.replace(LIMITS, max_documents=2), CHILD) as parser:
        first, second, third = [await deed(parser, "pid") for _ in range(3)]
    assert first == second != third


@linux_only
async def test_a_process_that_has_grown_is_replaced(parser: ParserProcess) -> None:
    before = await deed(parser, "pid")
    assert await deed(parser, "leak") == "leaked"
    assert await deed(parser, "pid") != before


@linux_only
async def test_giving_up_on_a_document_ends_its_process(parser: ParserProcess) -> None:
    pid = int(await deed(parser, "pid"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(deed(parser, "loop"), 0.1)
    assert has_ended(pid)
    assert await lives_on(parser)


@linux_only
async def test_leaving_the_context_ends_the_process() -> None:
    async with ParserProcess(LIMITS, CHILD) as parser:
        pid = int(await deed(parser, "pid"))
    assert has_ended(pid)


@linux_only
async def test_a_process_that_died_while_idle_is_replaced(parser: ParserProcess) -> None:
    pid = int(await deed(parser, "pid"))
    assert parser._process is not None
    os.kill(pid, 9)
    await parser._process.wait()
    assert await lives_on(parser)


@linux_only
@pytest.mark.parametrize("busy", ["loop", "wait"])
def test_the_process_dies_with_its_parent(busy: str) -> None:
    maker = Path(__file__).with_name("orphan_maker.py")
    with subprocess.Popen([sys.executable, str(maker), busy], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert has_ended(pid)


@pytest.mark.parametrize("command", [("/nonexistent/python",), (sys.executable, "-c", "raise SystemExit(1)")])
async def test_a_process_that_cannot_be_started_is_no_fault_of_the_document(command: tuple[str, ...]) -> None:
    async with ParserProcess(LIMITS, command) as parser:
        with pytest.raises(DocumentParserUnavailable) as caught:
            await parser.parse(b"")
    assert caught.value.is_retryable


READY = "from ragstone.features.ingestion.sandbox.wire import *; import sys; out = sys.stdout.buffer; "
READY += "out.write(message({'ready': True})); out.flush(); sys.stdin.buffer.read(PREFIX.size); "


@pytest.mark.parametrize(
    "answer",
    [
        "b'rubbish, and much more of it'",
        "PREFIX.pack(2**31, 0)",
        "PREFIX.pack(1, 2**50) + b'x80'",
        "PREFIX.pack(1, 0) + b'\\xc1'",
        "PREFIX.pack(1, 0) + b'\\x01'",
        "PREFIX.pack(1000, 0) + b'\\x91' * 1000",
        "message({})",
        "message({'problem': 'internal', 'facts': {}})",
        "PREFIX.pack(100, 0)",
        "b''); __import__('os').close(1); sys.stdin.buffer.read(",
    ],
)
async def test_a_rubbish_answer_is_a_crash(answer: str) -> None:
    code = f"{READY} out.write({answer}); out.flush()"
    async with ParserProcess(dataclasses.replace(LIMITS, wall_s=5), (sys.executable, "-I", "-c", code)) as parser:
        with pytest.raises(DocumentParserCrashed):
            await parser.parse(b"x")


async def test_the_real_parsers_are_reached() -> None:
    async with ParserProcess(LIMITS) as parser:
        document, media_type = await parser.parse(b"# Title\n\nSome text.", None, "a.md")
    assert (media_type, document.title, len(document.blocks)) == ("text/markdown", "Title", 2)
