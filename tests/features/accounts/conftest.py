"""The application over a real store, without a network, with a clock that tests set."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from ragstone.backends.cache_memory.cache import MemoryCache
from ragstone.backends.limits_memory.rate_limiter import MemoryRateLimiter
from ragstone.backends.queue_inline.job_queue import InlineJobQueue
from ragstone.db.database import Database
from ragstone.entry.http.app import API_PREFIX, create_app
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.kit.clock import SystemClock
from ragstone.kit.pepper import Pepper
from ragstone.ports.embedders import Embedders
from ragstone.ports.mailer import Mail
from ragstone.ports.runtime import Runtime
from ragstone.settings import AuthSettings, EmbeddingSettings, Settings
from ragstone.testing.databases import sqlite_database

ADDRESS = "192.0.2.7"
PASSWORD = "a lighthouse of one's own"


@dataclass
class SetClock:
    """Stands still unless it is moved."""

    moment: datetime = field(default_factory=SystemClock().now)

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Postbox:
    """Keeps what is sent."""

    mails: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)


@dataclass
class House:
    """A server, and whoever talks to it."""

    runtime: Runtime
    clock: SetClock
    key: str

    def __post_init__(self) -> None:
        self.app = create_app(self.runtime)

    def with_auth(self, **changes: Any) -> "House":
        """The same store behind other settings."""
        auth = self.runtime.settings.auth.model_copy(update=changes)
        settings = self.runtime.settings.model_copy(update={"auth": auth})
        return House(replace(self.runtime, settings=settings), self.clock, self.key)

    def restarted(self) -> "House":
        """Another process on the same store."""
        return House(self.runtime, self.clock, self.key)

    async def send(
        self, method: str, path: str, token: str | None = None, *, address: str = ADDRESS, **options: Any
    ) -> httpx2.Response:
        """One request."""
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 1234))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        base = "http://house" if path.startswith("/.well-known") else f"http://house{API_PREFIX}"
        async with httpx2.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            return await client.request(method, path, **options)

    async def ok(self, method: str, path: str, token: str | None = None, **options: Any) -> Any:
        """The body of an answer that has to be a success."""
        response = await self.send(method, path, token, **options)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def problem(self, method: str, path: str, token: str | None = None, **options: Any) -> tuple[int, str]:
        """Status and code of a request that has to fail."""
        response = await self.send(method, path, token, **options)
        return response.status_code, response.json()["code"]

    async def register(self, email: str = "ada@example.com", **more: Any) -> Any:
        """A new user, signed in."""
        return await self.ok("POST", "/auth/register", json={"email": email, "password": PASSWORD, **more})

    async def login(self, email: str = "ada@example.com", password: str = PASSWORD, **options: Any) -> Any:
        """Somebody signed in."""
        return await self.ok("POST", "/auth/login", json={"email": email, "password": password}, **options)

    async def may(self, token: str) -> bool:
        """Whether a token is good for anything."""
        response = await self.send("GET", "/auth/me", token)
        assert response.is_success or response.json()["code"] == "credential_invalid"
        return response.is_success


async def open_house(db: Database, data_dir: Path) -> House:
    """A server nobody has registered at yet, with passwords hashed as cheaply as the settings let one.

    It has nothing that accounts do not need: no index, no models.
    """
    auth = AuthSettings(hash_memory_kib=8192, hash_passes=1, hash_lanes=1)
    settings = Settings(data_dir=data_dir, embedding=EmbeddingSettings(provider="none"), auth=auth)
    clock = SetClock()
    runtime = Runtime(
        settings=settings,
        db=db,
        index=cast("Any", None),
        blobs=cast("Any", None),
        queue=InlineJobQueue(),
        cache=MemoryCache(2**20),
        limiter=MemoryRateLimiter(),
        embedders=Embedders(None, {}),
        chat=cast("Any", None),
        mailer=Postbox(),
        clock=clock,
        pepper=Pepper(b"p" * 32),
    )
    key = await ensure_first_administrator(db, clock, runtime.pepper, None)
    assert key is not None
    return House(runtime, clock, key)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A server on SQLite."""
    async with sqlite_database(tmp_path) as db:
        yield await open_house(db, tmp_path)


@pytest.fixture
async def each_house(db: Database, tmp_path: Path) -> House:
    """A server on either database."""
    return await open_house(db, tmp_path)
