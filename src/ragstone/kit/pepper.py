"""The installation's own secret, under which others are hashed and sealed. It can be changed while it is in use."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ragstone.kit.files import write_private

_BYTES: Final = 32
_NAME: Final = "pepper"


@dataclass(frozen=True, slots=True)
class Pepper:
    """The newest is used for what is written from now on; under the `former` ones, latest first, things still open."""

    newest: bytes = field(repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def accepted(self) -> tuple[bytes, ...]:
        """All that still open something, the newest first."""
        return (self.newest, *self.former)

    def digest(self, secret: str) -> str:
        """HMAC-SHA256 of a secret under the newest, in hexadecimal: how it is kept from now on."""
        return _digest(self.newest, secret)

    def digests(self, secret: str) -> tuple[str, ...]:
        """How a secret may have been kept, in the order of `accepted`."""
        return tuple(_digest(pepper, secret) for pepper in self.accepted)


def load_pepper(folder: Path) -> Pepper:
    """The pepper in a folder; one is made if there is none. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / _NAME).exists():
        write_private(folder / _NAME, secrets.token_bytes(_BYTES))
    return _read(folder)


def find_pepper(folder: Path) -> Pepper | None:
    """The pepper in a folder, or None if there is none."""
    return _read(folder) if (folder / _NAME).exists() else None


def pepper_changed_at(folder: Path) -> datetime:
    """Since when the newest one is there."""
    return datetime.fromtimestamp((folder / _NAME).stat().st_mtime, UTC)


def rotate_pepper(folder: Path) -> Pepper:
    """Make a new pepper; the one so far becomes a former one. Raises `OSError`."""
    so_far = load_pepper(folder)
    # The copy comes first: a crash in between leaves the newest among the former ones too, which does no harm.
    write_private(folder / f"{_NAME}.{len(so_far.former) + 1}", so_far.newest)
    write_private(folder / _NAME, secrets.token_bytes(_BYTES))
    return load_pepper(folder)


def _read(folder: Path) -> Pepper:
    return Pepper((folder / _NAME).read_bytes(), tuple(former.read_bytes() for former in _former(folder)))


def _former(folder: Path) -> list[Path]:
    """Latest first."""
    numbered = [path for path in folder.glob(f"{_NAME}.*") if path.suffix[1:].isdigit()]
    return sorted(numbered, key=lambda path: int(path.suffix[1:]), reverse=True)


def _digest(pepper: bytes, secret: str) -> str:
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()
