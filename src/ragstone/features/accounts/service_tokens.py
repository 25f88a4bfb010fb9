"""Service tokens: how services of the same operator, such as a gateway, call each other. They stand in the settings."""

import hashlib
import hmac
from collections.abc import Mapping

import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.accounts.api_keys import CredentialInvalid, check_tenant
from ragstone.features.accounts.tables import tenants
from ragstone.kit.scope import Scope
from ragstone.settings import ServiceTokenSettings

CALLER_PREFIX = "svc_"


async def authenticate_service(db: Database, known: Mapping[str, ServiceTokenSettings], token: str) -> Scope:
    """The scope of a service token, in the tenant that the settings name for it and in no other.

    Raises `CredentialInvalid`, `TenantSuspended`.
    """
    name = _match(known, token)
    if name is None:
        raise CredentialInvalid
    service = known[name]
    statement = sa.select(tenants.c.id, tenants.c.suspended_at, tenants.c.deleted_at).order_by(tenants.c.id).limit(1)
    if service.tenant is not None:
        statement = statement.where(tenants.c.id == service.tenant)
    async with db.read_across_tenants() as connection:
        row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise CredentialInvalid
    check_tenant(row.suspended_at, row.deleted_at)
    return Scope(row.id, f"{CALLER_PREFIX}{name}", frozenset(service.permissions))


def _match(known: Mapping[str, ServiceTokenSettings], token: str) -> str | None:
    """Whose token it is. All are compared, each in constant time, so that how long it takes tells nothing."""
    shown, found = _digest(token), None
    for name, service in known.items():
        if hmac.compare_digest(_digest(service.token.get_secret_value()), shown):
            found = name
    return found


def _digest(token: str) -> bytes:
    """Of the same length whatever the token's: comparing stops early at a difference in length."""
    return hashlib.sha256(token.encode()).digest()
