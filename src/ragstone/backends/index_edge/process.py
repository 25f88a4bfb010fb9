"""The index process: `python -m ragstone.backends.index_edge.process --root DIR`.

It owns the folder by a lock, listens on a Unix socket, and leaves by itself when no client is left. With `--detach` the
command returns as soon as the socket takes connections. Its exit status says why it could not: see `launch.Refusal`.
"""

import argparse
import asyncio
import fcntl
import json
import logging
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import IO, Final

from ragstone.backends.index_edge.launch import Refusal
from ragstone.backends.index_edge.layout import IndexFormatUnknown, Layout
from ragstone.backends.index_edge.server import ClientProtocol, Server

log = logging.getLogger("ragstone.index")

_BACKLOG: Final = 128


def main() -> int:
    """Own the folder, listen, serve."""
    options = _parse()
    layout = Layout(options.root)
    socket_path = options.socket or layout.socket
    os.umask(0o077)
    layout.index.mkdir(parents=True, exist_ok=True)
    lock = _acquire(layout.lock)
    if lock is None:
        sys.stderr.write(f"Another index process owns {layout.index}.\n")
        return Refusal.LOCKED
    try:
        layout.prepare()
    except IndexFormatUnknown as problem:
        sys.stderr.write(json.dumps(problem.facts))
        return Refusal.FORMAT_UNKNOWN
    _empty_trash(layout)
    with lock, _listen(socket_path) as listener:
        if options.detach:
            if os.fork():  # Safe: loading the engine starts no thread, opening a shard does.
                os._exit(0)
            _sign(lock)
            _let_go_of_terminal(layout.log)
        _serve(options, layout, listener)
        socket_path.unlink(missing_ok=True)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ragstone-index", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="data folder; the index lives in its folder `index`")
    parser.add_argument("--socket", type=Path, help="path of the socket instead of the one derived from the root")
    parser.add_argument("--grace-s", type=float, default=5.0, help="seconds to stay without a client")
    parser.add_argument("--max-open", type=int, default=32, help="spaces kept open at once")
    parser.add_argument("--detach", action="store_true", help="return when listening, serve in the background")
    return parser.parse_args()


def _acquire(path: Path) -> IO[bytes] | None:
    """The exclusive lock, or None if another process has it. The kernel gives it back when the process dies."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    _sign(file)
    return file


def _sign(lock: IO[bytes]) -> None:
    """Leave the process id in the lock file, for whoever looks after it."""
    lock.truncate(0)
    lock.write(str(os.getpid()).encode())
    lock.flush()


def _empty_trash(layout: Layout) -> None:
    shutil.rmtree(layout.trash)
    layout.trash.mkdir()


def _listen(path: Path) -> socket.socket:
    """A listening socket in place of whatever a dead process left there; the lock is ours by now."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(_BACKLOG)
    return listener


def _let_go_of_terminal(log_path: Path) -> None:
    """Become the leader of a session of its own, so that no Ctrl-C meant for the server arrives here."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    log_file = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((nowhere, 0), (log_file, 1), (log_file, 2)):
        os.dup2(source, target)
    os.close(nowhere)
    os.close(log_file)


def _serve(options: argparse.Namespace, layout: Layout, listener: socket.socket) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")

    async def run() -> None:
        server = Server(layout, options.max_open, options.grace_s)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, server.stop)
        loop.add_signal_handler(signal.SIGINT, server.stop)
        listening = await loop.create_unix_server(lambda: ClientProtocol(server), sock=listener)
        async with listening:
            await server.run()

    log.info("owns %s", layout.index)
    asyncio.run(run())
    log.info("leaves %s", layout.index)


if __name__ == "__main__":
    sys.exit(main())
