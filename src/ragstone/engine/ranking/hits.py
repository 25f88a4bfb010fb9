"""What ranking speaks: chunks with their standing on each leg. It holds no texts and no vectors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LegStanding:
    """A chunk's place on one leg, counted from 1, and the score that leg gave it."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class RankedHit:
    """A chunk, its score after fusion, and its standing on each leg; None where the leg did not find it."""

    chunk_id: str
    score: float
    dense: LegStanding | None
    lexical: LegStanding | None


@dataclass(frozen=True, slots=True)
class LegWeights:
    """How much each leg counts in fusion; only the proportion matters for the order."""

    dense: float = 1.0
    lexical: float = 1.0
