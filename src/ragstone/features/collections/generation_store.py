"""The SQL of moving a collection from one embedding generation to another."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.features.collections.store import mine
from ragstone.features.collections.tables import collections
from ragstone.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class Generation:
    """Vectors of one model: its name in the settings, the fingerprint of its profile, the length of its vectors."""

    model: str
    generation: str
    dimensions: int


def _mine(scope: Scope, collection_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        mine(scope),
        collections.c.id == collection_id,
        collections.c.deleted_at.is_(None),
    )


async def hold_generations(connection: AsyncConnection, scope: Scope, collection_id: str) -> set[str] | None:
    """The generations points of new versions go to, which stay these until the transaction ends.

    None for a collection that is going or gone.
    """
    statement = sa.select(collections.c.generation, collections.c.next_generation).where(_mine(scope, collection_id))
    row = (await connection.execute(statement.with_for_update(read=True))).one_or_none()
    return None if row is None else {generation for generation in row if generation is not None}


async def begin_move(
    connection: AsyncConnection, scope: Scope, collection_id: str, job_id: str, target: Generation
) -> bool:
    """From now on, new versions are written under both generations. False if a job is changing them already."""
    statement = (
        sa.update(collections)
        .where(_mine(scope, collection_id), collections.c.generation_job_id.is_(None))
        .values(
            next_model=target.model,
            next_generation=target.generation,
            next_dimensions=target.dimensions,
            generation_job_id=job_id,
        )
    )
    return (await connection.execute(statement)).rowcount > 0


async def switch(connection: AsyncConnection, scope: Scope, collection_id: str, job_id: str) -> bool:
    """Search under the next generation from now on, and keep the present one as the previous."""
    statement = (
        sa.update(collections)
        .where(
            _mine(scope, collection_id),
            collections.c.generation_job_id == job_id,
            collections.c.next_generation.is_not(None),
        )
        .values(
            embedding_model=collections.c.next_model,
            generation=collections.c.next_generation,
            dimensions=collections.c.next_dimensions,
            previous_model=collections.c.embedding_model,
            previous_generation=collections.c.generation,
            previous_dimensions=collections.c.dimensions,
            next_model=None,
            next_generation=None,
            next_dimensions=None,
        )
    )
    return (await connection.execute(statement)).rowcount > 0


async def stop_moving(connection: AsyncConnection, scope: Scope, collection_id: str, job_id: str) -> None:
    """Write nothing more under the next generation. The job still has to clean up."""
    statement = sa.update(collections).where(_mine(scope, collection_id), collections.c.generation_job_id == job_id)
    await connection.execute(statement.values(next_model=None, next_generation=None, next_dimensions=None))


async def give_up_previous(connection: AsyncConnection, scope: Scope, collection_id: str, job_id: str) -> bool:
    """There is no going back from now on. False if a job is changing generations already."""
    statement = (
        sa.update(collections)
        .where(_mine(scope, collection_id), collections.c.generation_job_id.is_(None))
        .values(previous_model=None, previous_generation=None, previous_dimensions=None, generation_job_id=job_id)
    )
    return (await connection.execute(statement)).rowcount > 0


async def release(connection: AsyncConnection, scope: Scope, collection_id: str, job_id: str) -> None:
    """The job is done with the collection's generations."""
    statement = sa.update(collections).where(
        collections.c.tenant_id == scope.tenant_id,
        collections.c.id == collection_id,
        collections.c.generation_job_id == job_id,
    )
    await connection.execute(statement.values(generation_job_id=None))
