"""What is wrong with a chain of records, and what that says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ragstone.features.audit.chain import Chain
from ragstone.features.audit.record import Record, hash_of
from ragstone.features.audit.record_deeds import RESUME


class Flaw(StrEnum):
    """What is wrong at a place of a chain."""

    CHANGED = "changed"
    """The record is not what its hash was made of: it was changed, or put in another's place."""

    UNLINKED = "unlinked"
    """The record does not follow the one before it: that one was changed or inserted, and hashed again."""

    MISSING = "missing"
    """Records before this one are gone, though retention has not removed them."""

    ENDS_WRONG = "ends_wrong"
    """The last record is not the one the chain is said to end with: records were cut off, or put behind it."""

    UNSEALED = "unsealed"
    """Where the chain begins and ends was not written by an installation with this secret."""

    RESUMED = "resumed"
    """The chain was once found unsealed, and went on with this record."""

    NOT_AS_NOTED = "not_as_noted"
    """The record that was noted elsewhere at this place is not there any more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A flaw, and the number of the record at which it shows."""

    flaw: Flaw
    seq: int


class Check:
    """Reads the records of a chain in their order, from its anchor on."""

    def __init__(self, anchor_seq: int, anchor_hash: str) -> None:
        self.seq = anchor_seq
        self.hash = anchor_hash
        self.records = 0

    def read(self, records: Iterable[Record]) -> Iterator[Finding]:
        """What is wrong with the next records."""
        for record in records:
            if record.seq != self.seq + 1:
                yield Finding(Flaw.MISSING, record.seq)
            elif record.previous_hash != self.hash:
                yield Finding(Flaw.UNLINKED, record.seq)
            if hash_of(record) != record.hash:
                yield Finding(Flaw.CHANGED, record.seq)
            if record.action == RESUME:
                yield Finding(Flaw.RESUMED, record.seq)
            self.seq, self.hash = record.seq, record.hash
            self.records += 1

    def end(self, chain: Chain) -> Iterator[Finding]:
        """What is wrong with where it ends."""
        if (self.seq, self.hash) != (chain.head_seq, chain.head_hash):
            yield Finding(Flaw.ENDS_WRONG, self.seq)
