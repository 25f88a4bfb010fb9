"""What the doctor can find."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FindingKind(StrEnum):
    """Each kind says what is wrong; the reference says what the repair does about it."""

    INDEX_POINT_MISSING = "index_point_missing"
    INDEX_POINT_ORPHANED = "index_point_orphaned"
    INDEX_SPACE_ORPHANED = "index_space_orphaned"
    BLOB_MISSING = "blob_missing"
    BLOB_DAMAGED = "blob_damaged"
    BLOB_ORPHANED = "blob_orphaned"
    TEXT_DAMAGED = "text_damaged"
    EMBEDDING_MISSING = "embedding_missing"
    EMBEDDING_ORPHANED = "embedding_orphaned"
    VERSION_STUCK = "version_stuck"
    MOVE_STUCK = "move_stuck"
    DELETION_STUCK = "deletion_stuck"


MENDABLE: Final = frozenset(FindingKind) - {
    FindingKind.BLOB_MISSING,
    FindingKind.BLOB_DAMAGED,
    FindingKind.TEXT_DAMAGED,
}
"""The other kinds mean that bytes are lost: restore a backup, or hand the document in again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `detail` names the tenant and the objects."""

    kind: FindingKind
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and how much was looked at.

    Counted are `documents`, `chunks`, `embeddings`, `points`, `texts` and `blobs`.
    """

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def by_kind(self) -> Counter[FindingKind]:
        """How many of each kind."""
        return Counter(finding.kind for finding in self.findings)
