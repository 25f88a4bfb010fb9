"""Run the server in the foreground until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import uvicorn

from ragstone.bootstrap import build
from ragstone.entry.data_folder import announced, hold
from ragstone.entry.first_start import prepare
from ragstone.entry.http.app import create_app
from ragstone.entry.http.protocol import protocol_of
from ragstone.entry.http.tls import server_context
from ragstone.entry.worker.supervise import background
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.telemetry import configure_logs
from ragstone.ports.index_canary import prove_isolation
from ragstone.settings import HttpSettings, Settings

_BACKLOG = 2048


class AddressUnavailable(Problem):
    """The server cannot listen where it was told to."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "address_unavailable"


def serve(settings: Settings, on_ready: Callable[[str, str | None], None]) -> None:
    """Serve until SIGTERM or SIGINT; running requests get a grace time, running jobs go back into the queue.

    `on_ready` is called once with the URL, and with the administrator's key if one was made just now. Raises
    `DataFolderInUse`, `AddressUnavailable`, `TlsUnusable`, `IndexLeaks`, and what `build` raises.
    """
    configure_logs(settings.log.level, settings.log.format)
    tls = server_context(settings.tls)
    with hold(settings.data_dir), _listening(settings.http) as listener:
        asyncio.run(_serve(settings, _Port(listener, tls), on_ready))


@dataclass(frozen=True, slots=True)
class _Port:
    listener: socket.socket
    tls: ssl.SSLContext | None

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        host, port = self.listener.getsockname()[:2]
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def _serve(settings: Settings, port: _Port, on_ready: Callable[[str, str | None], None]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(build(settings))
        await prove_isolation(runtime.index)
        new_key = await prepare(runtime)
        await stack.enter_async_context(background(runtime, alone=runtime.db.is_sqlite))
        app = create_app(runtime)
        stack.push_async_callback(app.state.meter.close)
        server = _Server(
            uvicorn.Config(
                app,
                http=protocol_of(settings),
                lifespan="off",
                timeout_keep_alive=settings.timeouts.keep_alive_s,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # Ours believes the proxies of the settings; this one, whoever is on this machine.
                ssl_context_factory=_constant(port.tls) if port.tls else None,
                timeout_graceful_shutdown=settings.http.shutdown_grace_s,
            )
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.stop, app.state.closing)
        stack.enter_context(announced(settings.data_dir, port.url))
        on_ready(port.url, new_key)
        await server.serve([port.listener])


def _constant(context: ssl.SSLContext) -> Callable[..., ssl.SSLContext]:
    return lambda *_: context


class _Server(uvicorn.Server):
    """Leaves signals to us: its own handling would end the process before jobs are given back."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self, closing: asyncio.Event) -> None:
        """Take no more requests, finish the running ones, then return from `serve`. Whoever only watches is let go."""
        self.should_exit = True
        closing.set()


@contextlib.contextmanager
def _listening(settings: HttpSettings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off on what is accepted: 40 ms less for each answer.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(_BACKLOG)
        except OSError as error:
            raise AddressUnavailable(host=settings.host, port=settings.port, reason=error.strerror) from error
        yield listener
