"""What is too much, too large or too slow ends in a problem; what goes on is left alone."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragstone.db.database import Database
from ragstone.entry.http.capacity import Capacity, Sizes
from ragstone.entry.http.timeouts import Timeouts
from ragstone.features.accounts.limits import RouteClass
from ragstone.features.accounts.seats import Seats, ServerBusy
from ragstone.kit.scope import Scope as Caller
from ragstone.settings import CapacitySettings, TimeoutSettings

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
END = {"type": "http.response.body", "body": b"{}"}
MANY_HEADERS = {f"h{n}": "x" for n in range(4)}
NDJSON = {"content-type": "application/x-ndjson"}
SOON_S = 0.02
NEVER_S = 3600.0


class Exchange:
    """One request to a middleware, and what came of it."""

    def __init__(
        self,
        path: str = "/api/v1/x",
        body: list[Message] | None = None,
        headers: dict[str, str] | None = None,
        pause_s: float = 0.0,
    ) -> None:
        self.pause_s = pause_s
        self.sent: list[Message] = []
        self.body = [{"type": "http.request"}] if body is None else body
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
            "state": {"request_id": "req_1", "locale": "en", "route_class": RouteClass.READ},
        }

    async def through(self, app: ASGIApp) -> "Exchange":
        await app(self.scope, self.receive, self.send)
        return self

    async def receive(self) -> Message:
        if self.body:
            await asyncio.sleep(self.pause_s)
            return self.body.pop(0)
        await asyncio.sleep(NEVER_S)
        raise AssertionError

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def told(self) -> tuple[int, str]:
        """The status, and the code of a problem."""
        body = b"".join(message.get("body", b"") for message in self.sent)
        return self.sent[0]["status"], json.loads(body or b"{}").get("code", "")


async def answer(_: Scope, __: Receive, send: Send) -> None:
    await send(START)
    await send(END)


async def never(_: Scope, receive: Receive, __: Send) -> None:
    await receive()
    await asyncio.sleep(NEVER_S)


def timeouts(app: ASGIApp, **settings: float) -> Timeouts:
    idle_s = settings.pop("idle_s", NEVER_S)
    return Timeouts(app, TimeoutSettings(**settings).model_copy(update={"idle_s": idle_s}))


@pytest.mark.parametrize(
    ("exchange", "told"),
    [
        (Exchange(), (200, "")),
        (Exchange("/" + "x" * 100), (414, "url_too_long")),
        (Exchange(headers=MANY_HEADERS), (431, "headers_too_large")),
        (Exchange(headers={"long": "x" * 100}), (431, "headers_too_large")),
    ],
)
async def test_urls_and_headers_have_a_size(exchange: Exchange, told: tuple[int, str]) -> None:
    app = Sizes(answer, CapacitySettings(url_bytes=100, header_count=3, header_bytes=100))
    assert (await exchange.through(app)).told == told


@pytest.mark.parametrize(
    ("type_", "n_bytes", "told"),
    [
        (b"application/json", 11, (422, "response_too_large")),
        (b"application/json", 10, (200, "")),
        (b"application/pdf", 11, (200, "")),
    ],
)
async def test_json_that_is_too_large_is_not_sent(type_: bytes, n_bytes: int, told: tuple[int, str]) -> None:
    async def large(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-type", type_), (b"content-length", str(n_bytes).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b" " * (n_bytes - 2) + b"{}"})

    exchange = await Exchange().through(Sizes(large, CapacitySettings(response_bytes=10)))
    assert exchange.told == told


async def test_more_requests_than_there_are_places_are_told_to_come_back() -> None:
    go = asyncio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await go.wait()
        await answer(scope, receive, send)

    app = Capacity(wait, CapacitySettings(requests=2, watchers=1))
    working = [asyncio.create_task(Exchange().through(app)) for _ in range(2)]
    watching = asyncio.create_task(Exchange("/api/v1/jobs/events").through(app))
    await asyncio.sleep(0)
    refused = await Exchange().through(app)
    assert refused.told == (503, "server_busy")
    assert (b"retry-after", b"1") in refused.sent[0]["headers"]
    assert (await Exchange("/api/v1/jobs/events").through(app)).told == (503, "server_busy")
    health = asyncio.create_task(Exchange("/health").through(app))
    go.set()
    assert [(await task).told for task in (*working, watching, health)] == [(200, "")] * 4
    assert (await Exchange().through(app)).told == (200, "")


def test_one_tenant_does_not_take_every_place() -> None:
    seats = Seats(4, 2)
    one, other = (Caller(tenant_id, "key_1", frozenset()) for tenant_id in ("ten_1", "ten_2"))
    first, second, third = seats.take(), seats.take(), seats.take()
    first.belongs_to(one)
    first.belongs_to(one)
    second.belongs_to(one)
    with pytest.raises(ServerBusy):
        third.belongs_to(one)
    third.leave()
    seats.take().belongs_to(other)
    second.leave()
    seats.take().belongs_to(one)
    seats.take()
    with pytest.raises(ServerBusy):
        seats.take()


async def test_work_that_takes_too_long_is_given_up() -> None:
    exchange = await Exchange().through(timeouts(never, read_s=SOON_S))
    assert exchange.told == (504, "request_timed_out")


async def test_each_class_has_a_time_of_its_own() -> None:
    exchange = Exchange()
    exchange.scope["state"]["route_class"] = RouteClass.SEARCH
    await exchange.through(timeouts(never, read_s=NEVER_S, search_s=SOON_S))
    assert exchange.told == (504, "request_timed_out")


async def test_a_body_that_does_not_arrive_is_the_callers_doing() -> None:
    async def read(_: Scope, receive: Receive, __: Send) -> None:
        while True:
            await receive()

    begun: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]
    exchange = await Exchange(body=begun, headers={"content-length": "9"}).through(timeouts(read, read_s=SOON_S))
    assert exchange.told == (408, "request_too_slow")
    assert (b"connection", b"close") in exchange.sent[0]["headers"]


async def test_a_timeout_of_the_work_itself_is_not_taken_for_ours() -> None:
    async def fail(*_: object) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await Exchange().through(timeouts(fail))


async def test_a_stream_may_take_longer_than_its_class_as_long_as_something_moves() -> None:
    async def stream(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        for _piece in range(5):
            await asyncio.sleep(SOON_S)
            await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send(END)

    exchange = await Exchange().through(timeouts(stream, read_s=2 * SOON_S, idle_s=NEVER_S))
    assert exchange.told == (200, "")
    assert exchange.sent[-1] == END


async def test_a_stream_in_which_nothing_moves_is_broken_off() -> None:
    async def stall(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        await asyncio.sleep(NEVER_S)

    exchange = await Exchange().through(timeouts(stall, read_s=NEVER_S, idle_s=SOON_S))
    assert exchange.sent == [START]


async def test_an_upload_may_take_its_time_but_may_not_stand_still() -> None:
    async def read(_: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await answer(_, receive, send)

    pieces: list[Message] = [{"type": "http.request", "body": b"x", "more_body": True} for _ in range(5)]
    whole = Exchange(body=[*pieces, {"type": "http.request"}], headers=NDJSON, pause_s=SOON_S)
    assert (await whole.through(timeouts(read, read_s=2 * SOON_S))).told == (200, "")
    stalled = Exchange(body=pieces, headers=NDJSON)
    assert (await stalled.through(timeouts(read, idle_s=SOON_S))).told == (408, "request_too_slow")


@pytest.mark.parametrize("is_waiting", [False, True])
async def test_work_that_is_given_up_in_a_transaction_leaves_the_store_as_it_was(
    db: Database, scope: Caller, *, is_waiting: bool
) -> None:
    async def work(_: Scope, __: Receive, ___: Send) -> None:
        async with db.transaction(scope) as connection:
            await connection.exec_driver_sql("CREATE TABLE half_done (n integer)")
            if is_waiting:
                await asyncio.sleep(NEVER_S)
            while True:
                await connection.exec_driver_sql("INSERT INTO half_done VALUES (1)")

    exchange = await Exchange().through(timeouts(work, read_s=SOON_S))
    assert exchange.told == (504, "request_timed_out")
    async with db.transaction(scope) as connection:
        await connection.exec_driver_sql("CREATE TABLE half_done (n integer)")
