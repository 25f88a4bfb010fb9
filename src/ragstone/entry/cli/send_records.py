"""Send a file of records in portions, each acknowledged before the next, and follow the jobs that read them."""

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from rich.progress import TextColumn

from ragstone.entry.cli.api import Api, ProblemReceived, ServerTooSlow, ServerUnreachable
from ragstone.entry.cli.collection_names import get_or_create_collection
from ragstone.entry.cli.failure import kind_of
from ragstone.entry.cli.follow import follow
from ragstone.entry.cli.record_files import Line, RecordFile, portions
from ragstone.entry.cli.record_progress import Progress
from ragstone.entry.cli.screen import Screen
from ragstone.features.documents.document import RecordInvalid
from ragstone.kit.problem import Kind

_PASSING: Final = frozenset({Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.RATE_LIMITED})
_PIECE: Final = 500


class ServerLost(Exception):
    """The server is not there now, or cannot do it now; it may be back soon."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent where: a file, a collection, a mapping as JSON text, and how many records in one request."""

    file: RecordFile
    collection: str
    mapping: str | None
    size: int
    skips_invalid: bool = False
    is_awaited: bool = True


class Sending:
    """One order on its way. It may be run again after `ServerLost`, and goes on behind what was acknowledged."""

    def __init__(self, order: Order, screen: Screen, *, anew: bool) -> None:
        self._order = order
        self._screen = screen
        self._anew = anew
        self._errors: list[dict[str, Any]] = []
        self.n_acknowledged = 0

    async def run(self, api: Api) -> dict[str, Any]:
        """Send what has not been acknowledged, and follow the jobs. Raises `ServerLost`, `ProblemReceived`."""
        try:
            return await self._run(api)
        except (ServerUnreachable, ServerTooSlow) as problem:
            raise ServerLost(problem) from problem
        except ProblemReceived as problem:
            if kind_of(problem.body) in _PASSING:
                raise ServerLost(problem) from problem
            raise

    async def _run(self, api: Api) -> dict[str, Any]:
        order = self._order
        home = await get_or_create_collection(api, order.collection)
        target = {"collection": home["id"], "mapping": order.mapping, "skips_invalid": order.skips_invalid}
        progress = Progress.of(order.file.path, target, anew=self._anew)
        self._anew = False
        if self._is_keyed(home):
            await self._send_portions(api, home["id"], progress)
        else:
            await self._send_whole(api, home["id"], progress)
        jobs = await follow(api, progress.jobs, self._screen) if order.is_awaited and progress.jobs else []
        progress.forget()
        return {"collection": home, "counts": progress.counts, "jobs": jobs, "errors": self._errors}

    def _is_keyed(self, home: dict[str, Any]) -> bool:
        """Whether the records have external ids, so that sending one twice does no harm."""
        mapping = json.loads(self._order.mapping) if self._order.mapping else home["record_mapping"]
        if mapping is not None:
            return isinstance(mapping, dict) and bool(mapping.get("external_id"))
        return all(b'"external_id"' in line.json for line in itertools.islice(self._order.file.lines(), 1))

    async def _send_portions(self, api: Api, collection_id: str, progress: Progress) -> None:
        with self._screen.progress(TextColumn("{task.fields[sent]} records")) as bars:
            bar = bars.add_task("sending", total=self._order.file.size_bytes, sent=progress.n_records)
            lines = itertools.islice(self._order.file.lines(), progress.n_records, None)
            for portion in portions(lines, self._order.size):
                await self._send(api, collection_id, portion, progress)
                bars.update(bar, completed=self._order.file.position_bytes, sent=progress.n_records)

    async def _send_whole(self, api: Api, collection_id: str, progress: Progress) -> None:
        """In one request, which the server keeps as a whole or not at all."""
        if not progress.n_records:
            await self._send(api, collection_id, list(self._order.file.lines()), progress)

    async def _send(self, api: Api, collection_id: str, portion: list[Line], progress: Progress) -> None:
        good = [line for line in portion if line.wrong is None]
        bad = [line for line in portion if line.wrong is not None]
        if bad and not self._order.skips_invalid:
            raise RecordInvalid(line=bad[0].number, field="", reason=bad[0].wrong, kept=0)
        receipt = await self._post(api, collection_id, good)
        receipt["counts"]["skipped"] += len(bad)
        progress.acknowledge(len(portion), receipt)
        self.n_acknowledged += len(portion)
        self._errors += [{**error, "line": good[error["line"] - 1].number} for error in receipt["errors"]]
        self._errors += [{"line": line.number, "field": "", "reason": line.wrong} for line in bad]

    async def _post(self, api: Api, collection_id: str, lines: list[Line]) -> dict[str, Any]:
        params = {"collection_id": collection_id, "on_error": "skip" if self._order.skips_invalid else "stop"}
        if self._order.mapping:
            params["mapping"] = self._order.mapping
        try:
            receipt: dict[str, Any] = await api.send_lines("/ingest", _pieces(lines), **params)
        except ProblemReceived as problem:
            if problem.body.get("code") == RecordInvalid.code and lines:
                where = f" (Line 1 of the request is line {lines[0].number} of the file.)"
                raise ProblemReceived({**problem.body, "detail": problem.body["detail"] + where}) from problem
            raise
        return receipt


async def _pieces(lines: list[Line]) -> AsyncIterator[bytes]:
    for start in range(0, len(lines), _PIECE):
        yield b"".join(line.json for line in lines[start : start + _PIECE])
