"""Passwords: hashed with Argon2id on threads of their own, so that neither the event loop nor the memory gives out."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from ragstone.kit.problem import Kind, Problem

_Result = TypeVar("_Result")

MAX_PASSWORD: Final = 1024
_WAITING_PER_THREAD: Final = 16
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_BUSY_S: Final = 2.0


class PasswordsBusy(Problem):
    """More passwords wait to be checked than the server takes on."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "passwords_busy"


@dataclass(frozen=True, slots=True)
class HashCost:
    """What one hash takes, and how many are made at once."""

    memory_kib: int
    passes: int
    lanes: int
    at_once: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right; if it is, and its hash is of another cost than today's, a new hash."""

    is_right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords at one cost."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHash((Argon2Hasher(cost.passes, cost.memory_kib, cost.lanes),))
        self._nobodys = _hash_of_nothing(cost)
        self._threads = ThreadPoolExecutor(cost.at_once, thread_name_prefix="passwords")
        self._most_waiting = cost.at_once * _WAITING_PER_THREAD
        self._n_waiting = 0

    async def hash(self, password: str) -> str:
        """What is kept of a password. Raises `PasswordsBusy`."""
        return await self._on_thread(lambda: self._hasher.hash(password))

    async def check(self, password: str, hashed: str | None) -> Verdict:
        """Whether a password is the hashed one. Without a hash it is not, which takes as long to find out.

        Raises `PasswordsBusy`.
        """
        return await self._on_thread(lambda: self._check(password, hashed))

    def _check(self, password: str, hashed: str | None) -> Verdict:
        try:
            is_right, new_hash = self._hasher.verify_and_update(password, hashed or self._nobodys)
        except UnknownHashError:
            return Verdict(is_right=False)
        return Verdict(is_right and hashed is not None, new_hash)

    async def _on_thread(self, call: Callable[[], _Result]) -> _Result:
        if self._n_waiting >= self._most_waiting:
            raise PasswordsBusy(retry_after_s=_BUSY_S)
        self._n_waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        finally:
            self._n_waiting -= 1


def _hash_of_nothing(cost: HashCost) -> str:
    """A hash that no password has, to be checked where there is none."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"
