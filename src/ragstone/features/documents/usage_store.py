"""All SQL of what embedding has cost, by tenant, generation and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.dialect import insert_into
from ragstone.features.documents.tables import embedding_usage
from ragstone.kit.clock import Clock
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Usage:
    """Passages asked for, those of them that were embedded before, tokens and seconds for the others."""

    n_texts: int = 0
    n_cached: int = 0
    n_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """What embedding under one generation has cost on one day in UTC."""

    day: date
    model: str
    generation: str
    usage: Usage


async def add_usage(
    connection: AsyncConnection, scope: Scope, generation: str, model: str, usage: Usage, clock: Clock
) -> None:
    """Add to today's figures."""
    if not usage.n_texts:
        return
    statement = insert_into(connection, embedding_usage).values(
        tenant_id=scope.tenant_id,
        generation=generation,
        day=clock.now().date(),
        model=model,
        n_texts=usage.n_texts,
        n_cached=usage.n_cached,
        n_tokens=usage.n_tokens,
        seconds=usage.seconds,
    )
    sums = {
        name: embedding_usage.c[name] + statement.excluded[name]
        for name in ("n_texts", "n_cached", "n_tokens", "seconds")
    }
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "generation", "day"], set_=sums)
    )


async def list_usage(connection: AsyncConnection, scope: Scope, since: date) -> Sequence[DailyUsage]:
    """A tenant's figures from a day on, newest first."""
    statement = (
        sa.select(embedding_usage)
        .where(embedding_usage.c.tenant_id == scope.tenant_id, embedding_usage.c.day >= since)
        .order_by(embedding_usage.c.day.desc(), embedding_usage.c.model, embedding_usage.c.generation)
    )
    return [
        DailyUsage(row.day, row.model, row.generation, Usage(row.n_texts, row.n_cached, row.n_tokens, row.seconds))
        for row in await connection.execute(statement)
    ]
