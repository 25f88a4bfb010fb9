"""What a credential, its limits and its scope cost a request: a route that asks for them beside one that does not.

    python -m benchmarks.credential --requests 2000

Both routes are called in turn, in this process and without a socket, so that nothing differs but what is measured.
Time on the processor is told beside time on the clock: on a busy machine only the former means something.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

from fastapi import FastAPI

from ragstone.bootstrap import build
from ragstone.entry.first_start import prepare
from ragstone.entry.http.app import create_app
from ragstone.features.accounts.routes import Caller
from ragstone.settings import AuthSettings, EmbeddingSettings, Settings

_KEY: Final = "rs_a_key_for_measuring_only_0123456789"
_BUDGET_MS: Final = 0.3
_WARM_UP: Final = 200
_OK: Final = 200


def main() -> None:
    """Print the medians of both routes, and what lies between them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--database", help="URL of an empty Postgres database; SQLite without it")
    arguments = parser.parse_args()
    print("\n".join(asyncio.run(measure(arguments.requests, arguments.database))))


async def measure(n_requests: int, database: str | None = None) -> list[str]:
    """The figures, one a line."""
    with tempfile.TemporaryDirectory(prefix="ragstone-bench-") as folder:
        settings = Settings.model_validate(
            {
                "data_dir": Path(folder),
                "embedding": EmbeddingSettings(provider="none"),
                "auth": AuthSettings.model_validate({"bootstrap_key": _KEY}),
                "limits": dict.fromkeys(("address", "tenant", "key"), "100000000/100000000"),
                "database": {"url": database},
            }
        )
        async with build(settings) as runtime:
            await prepare(runtime)
            app = create_app(runtime)
            _add_routes(app)
            for path in ("/bare", "/guarded") * _WARM_UP:
                await _call(app, path)
            lines = [
                await _compare(app, n_requests, "processor", time.process_time),
                await _compare(app, n_requests, "clock", time.perf_counter),
            ]
            await app.state.meter.close()
            return lines


def _add_routes(app: FastAPI) -> None:
    """Two routes that differ in what they ask for."""

    @app.get("/bare")
    async def bare() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/guarded")
    async def guarded(caller: Caller) -> dict[str, str]:
        return {"status": "ok" if caller else ""}


async def _compare(app: FastAPI, n_requests: int, name: str, clock: Callable[[], float]) -> str:
    times: dict[str, list[float]] = {"/bare": [], "/guarded": []}
    for _ in range(n_requests):
        for path, found in times.items():
            began = clock()
            await _call(app, path)
            found.append((clock() - began) * 1000)
    bare, guarded = median(times["/bare"]), median(times["/guarded"])
    verdict = "within" if guarded - bare <= _BUDGET_MS else "over"
    return (
        f"{name:9} bare {bare:.3f} ms, with key, limits and scope {guarded:.3f} ms: {guarded - bare:.3f} ms more,"
        f" {verdict} the budget of {_BUDGET_MS} ms"
    )


async def _call(app: FastAPI, path: str) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"x-api-key", _KEY.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == _OK, sent


if __name__ == "__main__":
    main()
