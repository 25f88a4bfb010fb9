"""Tenants, as those see them who administer the installation."""

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.accounts.tables import tenants
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope


class TenantNotFound(Problem):
    """There is no such tenant."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "tenant_not_found"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whoever shares the installation with others and sees nothing of them."""

    id: str
    name: str


async def get_tenant(db: Database, scope: Scope) -> Tenant:
    """The tenant of a scope. Raises `TenantNotFound`."""
    statement = sa.select(tenants.c.id, tenants.c.name).where(tenants.c.id == scope.tenant_id)
    async with db.read(scope) as connection:
        row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise TenantNotFound(tenant_id=scope.tenant_id)
    return Tenant(row.id, row.name)
