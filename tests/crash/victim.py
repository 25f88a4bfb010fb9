"""The server that is killed, with the processes it starts."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
from tests.journeys.server import KEY, Server

from ragstone.settings import Settings

_INDEX_PROGRAM = "ragstone.backends.index_edge.process"
_PARSER_PROGRAM = "ragstone.features.ingestion.sandbox.child"


MODELS = ("all-MiniLM-L6-v2", "other")
"""Names of the embedding models a collection can be moved to. The second makes other vectors of the same weights."""

_SECOND_MODEL = {
    "RAGSTONE_EMBEDDERS__OTHER__PROVIDER": "onnx",
    "RAGSTONE_EMBEDDERS__OTHER__PASSAGE_PREFIX": "passage: ",
}


class Victim(Server):
    """A server whose processes can be killed one by one."""

    def __init__(self, settings: Settings) -> None:
        environment = {"RAGSTONE_LIMITS__ENABLED": "false", **_SECOND_MODEL}
        if settings.database.url is not None:
            environment["RAGSTONE_DATABASE__URL"] = settings.database.url.get_secret_value()
        super().__init__(settings.data_dir, environment)

    def client(self) -> httpx2.AsyncClient:
        """A client of the server, once it listens."""
        url = f"{self.wait_until_ready()}/api/v1"
        return httpx2.AsyncClient(base_url=url, headers={"X-API-Key": KEY}, timeout=60, trust_env=False)

    def kill_index(self) -> bool:
        """`kill -9` for the index process of this data folder. Tells whether there was one."""
        return _kill(
            pid for pid, command in _processes() if _INDEX_PROGRAM in command and str(self.data_dir) in command
        )

    def kill_parser(self) -> bool:
        """`kill -9` for the parser process of this server. Tells whether there was one."""
        parent = f" {self.pid} "
        return _kill(pid for pid, command in _processes() if _PARSER_PROGRAM in command and parent in command)

    def survivors(self) -> list[str]:
        """Command lines of processes that still work for this data folder."""
        return [command for _, command in _processes() if str(self.data_dir) in command]


def _processes() -> Iterator[tuple[int, str]]:
    """This machine's processes with their command lines (Linux)."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # It ended while we looked.
                continue
            yield int(folder.name), command


def _kill(pids: Iterator[int]) -> bool:
    found = list(pids)
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(found)
