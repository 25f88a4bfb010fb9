"""Where the API is: at a given URL, at the server that runs on the data folder, or else in this very process."""

import contextlib
import os
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import httpx2

from ragstone.bootstrap import build
from ragstone.entry.cli.api import Api
from ragstone.entry.cli.options import Options
from ragstone.entry.cli.screen import Screen
from ragstone.entry.data_folder import DataFolderInUse, find_server, hold, read_admin_key
from ragstone.entry.first_start import prepare
from ragstone.entry.http.app import API_PREFIX, create_app
from ragstone.entry.http.tls import client_context
from ragstone.entry.worker.supervise import background
from ragstone.kit.problem import Kind, Problem
from ragstone.settings import Settings, load

_WAIT_S: Final = 30.0
_STEP_S: Final = 0.5
_TIMEOUT: Final = httpx2.Timeout(connect=5.0, read=300.0, write=60.0, pool=5.0)
_IN_PROCESS: Final = "http://localhost"


class ServerUrlInvalid(Problem):
    """The server's URL is not one."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "server_url_invalid"


class AdminKeyMissing(Problem):
    """The data folder does not hold the key the command line needs."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED
    code: ClassVar[str] = "admin_key_missing"


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    key: str | None
    transport: httpx2.AsyncBaseTransport | None = None
    verify: ssl.SSLContext | bool = True
    is_ours: bool = True


@contextlib.asynccontextmanager
async def connect(options: Options, screen: Screen) -> AsyncIterator[Api]:
    """A client of the API while the context is open.

    Raises `ServerUrlInvalid`, `AdminKeyMissing`, `DataFolderInUse`, `SettingsInvalid` and what `build` raises.
    """
    async with contextlib.AsyncExitStack() as stack:
        server = _given(options) or await _local(options, screen, stack)
        headers = {"Accept-Language": screen.locale}
        if server.key:
            headers["Authorization"] = f"Bearer {server.key}"
        client = httpx2.AsyncClient(
            base_url=server.url.rstrip("/") + API_PREFIX,
            headers=headers,
            timeout=_TIMEOUT,
            transport=server.transport,
            verify=server.verify,
            trust_env=not server.is_ours,  # No proxy stands between us and a server of this machine.
        )
        yield Api(await stack.enter_async_context(client), server.url)


def _given(options: Options) -> _Server | None:
    # A data folder that is named on the command line beats a server that is named by the environment.
    url = options.url or (None if options.data_dir else os.environ.get("RAGSTONE_URL"))
    if not url:
        return None
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ServerUrlInvalid(url=url) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ServerUrlInvalid(url=url)
    return _Server(url, options.key or os.environ.get("RAGSTONE_API_KEY"), is_ours=False)


async def _local(options: Options, screen: Screen, stack: contextlib.AsyncExitStack) -> _Server:
    settings = load({"data_dir": options.data_dir}, options.config)
    is_new = not settings.data_dir.exists()
    url = _find_or_hold(settings.data_dir, stack)
    transport = None if url else await stack.enter_async_context(_in_process(settings))
    if is_new:
        screen.note(f"Began a new data folder: {settings.data_dir.absolute()}")
    key = options.key or read_admin_key(settings.data_dir)
    if key is None:
        raise AdminKeyMissing(path=str(settings.data_dir))
    return _Server(url or _IN_PROCESS, key, transport, client_context(settings.tls) or True)


def _find_or_hold(data_dir: Path, stack: contextlib.AsyncExitStack) -> str | None:
    """The URL of the server on the folder, or None and the folder held. A server that is just starting is awaited."""
    deadline = time.monotonic() + _WAIT_S
    while True:
        if url := find_server(data_dir):
            return url
        try:
            stack.enter_context(hold(data_dir, wait_s=_STEP_S))
        except DataFolderInUse:
            if time.monotonic() >= deadline:
                raise
        else:
            return None


@contextlib.asynccontextmanager
async def _in_process(settings: Settings) -> AsyncIterator[httpx2.AsyncBaseTransport]:
    """The whole application in this process. Responses arrive whole, so nothing here may wait for a stream."""
    async with build(settings) as runtime:
        await prepare(runtime)
        async with background(runtime, alone=True):
            app = create_app(runtime)
            try:
                yield httpx2.ASGITransport(app, raise_app_exceptions=False)
            finally:
                await app.state.meter.close()
