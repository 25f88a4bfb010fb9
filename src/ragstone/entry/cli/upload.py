"""Send files and records, with a bar, and find out what became of them."""

import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.progress import DownloadColumn, TransferSpeedColumn

from ragstone.entry.cli.api import Api, ProblemReceived
from ragstone.entry.cli.failure import kind_of
from ragstone.entry.cli.files import Source, portions
from ragstone.entry.cli.follow import follow
from ragstone.entry.cli.screen import Screen
from ragstone.kit.problem import Kind

_PIECE_BYTES: Final = 1024 * 1024
_ABOUT_ONE_FILE: Final = frozenset({Kind.INVALID, Kind.TOO_LARGE, Kind.UNSUPPORTED})


@dataclass(frozen=True, slots=True)
class Failure:
    """A file, or a document of a file of records, that did not get in, in the server's words."""

    name: str
    title: str
    detail: str


@dataclass(slots=True)
class Outcome:
    """What was accepted, under which jobs, and what was not."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        """Both together."""
        return Outcome(self.documents + other.documents, self.jobs + other.jobs, self.failures + other.failures)

    def accept(self, receipt: dict[str, Any]) -> None:
        """Note what the server has accepted."""
        self.documents += receipt["documents"]
        self.jobs.append(receipt["job"])


async def upload(
    api: Api, collection_id: str, sources: Sequence[Source], fields: dict[str, str | list[str]], screen: Screen
) -> Outcome:
    """Upload files, some at a time; one the server refuses does not keep the others out."""
    outcome = Outcome()
    with screen.progress(DownloadColumn(), TransferSpeedColumn()) as progress:
        bar = progress.add_task("uploading", total=sum(source.size_bytes for source in sources))

        async def send(portion: Sequence[Source]) -> None:
            try:
                outcome.accept(await _send(api, collection_id, portion, fields, partial(progress.advance, bar)))
            except OSError as error:
                refused = (str(error.strerror), str(error))
            except ProblemReceived as problem:
                if kind_of(problem.body) not in _ABOUT_ONE_FILE:
                    raise
                refused = (problem.body["title"], problem.body["detail"])
            else:
                return
            if len(portion) > 1:
                for source in portion:
                    await send([source])
            else:
                outcome.failures.append(Failure(portion[0].name, *refused))

        for portion in portions(sources):
            await send(portion)
    return outcome


async def send_records(api: Api, collection_id: str, paths: Iterable[Path], screen: Screen) -> Outcome:
    """Stream files of records, one JSON object a line. A file with a bad line is refused as a whole."""
    outcome = Outcome()
    with screen.progress(DownloadColumn(), TransferSpeedColumn()) as progress:
        for path in paths:
            bar = progress.add_task("sending records", total=path.stat().st_size)
            pieces = _pieces(path, partial(progress.advance, bar))
            try:
                outcome.accept(await api.send_lines("/ingest", pieces, collection_id=collection_id))
            except ProblemReceived as problem:
                if kind_of(problem.body) not in _ABOUT_ONE_FILE:
                    raise
                outcome.failures.append(Failure(str(path), problem.body["title"], problem.body["detail"]))
    return outcome


async def settle(api: Api, collection_id: str, outcome: Outcome, screen: Screen) -> Outcome:
    """Wait until everything that was accepted has been read; the outcome with the jobs as they ended."""
    if not outcome.jobs:
        return outcome
    jobs = await follow(api, [job["id"] for job in outcome.jobs], screen)
    unread = [failure async for failure in _iter_unread(api, collection_id, outcome)]
    return Outcome(outcome.documents, jobs, outcome.failures + unread)


async def _iter_unread(api: Api, collection_id: str, outcome: Outcome) -> AsyncIterator[Failure]:
    """The accepted documents that could not be read."""
    since = min(job["created_at"] for job in outcome.jobs)
    named = {document["id"] for document in outcome.documents}
    # Receipts of records name no documents; then every one that failed since the first job is told of.
    are_all_named = len(named) == sum(job["progress"]["total"] for job in outcome.jobs)
    params = {"collection_id": collection_id, "status": "failed", "created_from": since}
    async for document in api.iter_items("/documents", **params):
        if document["id"] in named or not are_all_named:
            error = document["error"] or {"title": document["status"], "detail": ""}
            yield Failure(document["filename"] or document["title"], error["title"], error["detail"])


async def _send(
    api: Api,
    collection_id: str,
    portion: Sequence[Source],
    fields: dict[str, str | list[str]],
    advance: Callable[[int], None],
) -> dict[str, Any]:
    with ExitStack() as stack:
        files = [(Path(item.name).name, stack.enter_context(_Counted(item.open(), advance))) for item in portion]
        receipt: dict[str, Any] = await api.upload(f"/collections/{collection_id}/documents", files, fields)
    return receipt


async def _pieces(path: Path, advance: Callable[[int], None]) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
            advance(len(piece))


class _Counted(io.BufferedReader):
    """A file that tells how much of it has been read."""

    def __init__(self, raw: io.RawIOBase, advance: Callable[[int], None]) -> None:
        super().__init__(raw)
        self._advance = advance

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file."""
        piece = super().read(size)
        self._advance(len(piece))
        return piece
