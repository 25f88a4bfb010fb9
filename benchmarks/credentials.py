"""What a credential costs a request, and whether signing in tells which addresses there are.

Credential: the application in this process, over its ASGI interface, on SQLite; a route that does nothing, bare and
behind `caller_of`, with an API key and with an access token, in turns, so that the machine's noise meets all alike.
Signing in: wrong passwords for a known and an unknown address in turns, through the same interface, hashing as dear as
by default. Rate limits are on for the first and delays off for the second, as a refusal would be measured otherwise.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from fastapi import APIRouter, FastAPI

from ragstone.bootstrap import build
from ragstone.entry.first_start import prepare
from ragstone.entry.http.app import API_PREFIX, create_app
from ragstone.features.accounts.routes import Caller
from ragstone.settings import AuthSettings, EmbeddingSettings, LimitSettings, Settings

PASSWORD = "a lighthouse of one's own"  # noqa: S105 - Of a user that lives as long as this program.
ROUNDS = 2000
TRIES = 200

probe = APIRouter()


@probe.get("/bare")
async def bare() -> dict[str, bool]:
    """A route anyone may ask."""
    return {"ok": True}


@probe.get("/guarded")
async def guarded(_caller: Caller) -> dict[str, bool]:
    """The same behind a credential, its limits and its scope."""
    return {"ok": True}


async def main() -> None:
    """Both measurements, printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--tries", type=int, default=TRIES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ragstone-bench-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            embedding=EmbeddingSettings(provider="none"),
            auth=AuthSettings(sign_in_delays=False),
            limits=LimitSettings(address="6000000/1000000", key="6000000/1000000", user="6000000/1000000"),
        )
        async with build(settings) as runtime:
            key = await prepare(runtime)
            app = create_app(runtime)
            app.include_router(probe)
            async with _client(app) as client:
                body = {"email": "ada@example.com", "password": PASSWORD}
                tokens = (await client.post(f"{API_PREFIX}/auth/register", json=body)).json()
                await _credentials(client, str(key), tokens["access_token"], options.rounds)
                await _sign_in(client, options.tries)


def _client(app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost")


async def _credentials(client: httpx2.AsyncClient, key: str, token: str, rounds: int) -> None:
    def get(path: str, credential: str | None = None) -> Callable[[], Awaitable[httpx2.Response]]:
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        return lambda: client.get(path, headers=headers)

    calls = {"bare": get("/bare"), "API key": get("/guarded", key), "access token": get("/guarded", token)}
    found = await _in_turns(calls, rounds)
    for name, times in found.items():
        over = statistics.median(times) - statistics.median(found["bare"])
        print(f"{name:14} median {statistics.median(times):7.3f} ms   over bare {over:+7.3f} ms")


async def _sign_in(client: httpx2.AsyncClient, tries: int) -> None:
    def attempt(email: str) -> Callable[[], Awaitable[httpx2.Response]]:
        body = {"email": email, "password": "not the password"}
        return lambda: client.post(f"{API_PREFIX}/auth/login", json=body)

    calls = {"known": attempt("ada@example.com"), "unknown": attempt("nobody@example.com")}
    found = await _in_turns(calls, tries, expected=401)
    known, unknown = found["known"], found["unknown"]
    for name, times in found.items():
        first, _, third = statistics.quantiles(times, n=4)
        print(f"{name:14} median {statistics.median(times):7.1f} ms   quartiles {first:.1f} to {third:.1f} ms")
    difference = statistics.median(known) - statistics.median(unknown)
    print(f"difference of medians {difference:+.2f} ms over {tries} tries each")


async def _in_turns(
    calls: dict[str, Callable[[], Awaitable[httpx2.Response]]], rounds: int, expected: int = 200
) -> dict[str, list[float]]:
    """Milliseconds of each call, made one after another, round by round, after some rounds that do not count."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(-max(3, rounds // 20), rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            response = await call()
            if response.status_code != expected:
                raise RuntimeError(f"{name}: {response.status_code} {response.text}")
            if number >= 0:
                times[name].append((time.perf_counter() - began) * 1e3)
    return times


if __name__ == "__main__":
    asyncio.run(main())
