"""Where a chain begins and ends, under a seal that needs the installation's secret."""

import hmac
from dataclasses import asdict, dataclass, replace
from typing import Final

from ragstone.features.audit.record import NO_HASH, Record, canonical, hash_of
from ragstone.kit.pepper import Pepper

_PURPOSE: Final = "audit chain\n"


@dataclass(frozen=True, slots=True)
class Chain:
    """The newest record of a tenant's chain, and the newest of those that retention has removed (0: none)."""

    tenant_id: str
    head_seq: int = 0
    head_hash: str = NO_HASH
    anchor_seq: int = 0
    anchor_hash: str = NO_HASH
    seal: str = ""

    def followed_by(self, record: Record) -> "tuple[Chain, Record]":
        """The chain with one more record at its end, and the record with its hash. It has to be sealed again."""
        hashed = replace(record, hash=hash_of(record))
        return replace(self, head_seq=hashed.seq, head_hash=hashed.hash), hashed

    def sealed(self, pepper: Pepper) -> "Chain":
        """The chain with the seal that its ends should have."""
        return replace(self, seal=pepper.digest(self._text()))

    def is_sealed(self, pepper: Pepper) -> bool:
        """Whether the seal was made for just these ends, under the pepper or a former one."""
        return any(hmac.compare_digest(self.seal, digest) for digest in pepper.digests(self._text()))

    def _text(self) -> str:
        ends = asdict(self)
        del ends["seal"]
        return _PURPOSE + canonical(ends).decode()
