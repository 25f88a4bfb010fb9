"""The first administrator, and what a key gives."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.accounts.api_keys import CredentialInvalid, CredentialMissing, authenticate
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.permissions import ALL_PERMISSIONS, Permission, PermissionMissing, require
from ragstone.features.accounts.tables import api_keys, tenants
from ragstone.kit.clock import SystemClock
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PEPPER = Pepper(b"p" * 32)
GIVEN = "a key of one's own, thirty-two characters or more"


async def start(db: Database, given: str | None = None) -> str | None:
    return await ensure_first_administrator(db, SystemClock(), PEPPER, given)


async def test_the_first_start_makes_one_tenant_and_one_key_told_once(db: Database) -> None:
    secret = await start(db)
    assert secret is not None
    assert secret.startswith("rs_")
    assert await start(db) is None
    scope = (await authenticate(db, PEPPER, secret, NOW)).scope
    assert scope.permissions == ALL_PERMISSIONS
    async with db.read_across_tenants() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(tenants)) == 1
        stored = (await connection.execute(sa.select(api_keys))).mappings().one()
    assert secret not in str(dict(stored))


async def test_a_given_key_is_the_one_that_works_and_is_not_told(db: Database) -> None:
    assert await start(db, GIVEN) is None
    first = (await authenticate(db, PEPPER, GIVEN, NOW)).scope
    assert await start(db, GIVEN) is None
    assert await start(db, GIVEN + " changed") is None
    with pytest.raises(CredentialInvalid):
        await authenticate(db, PEPPER, GIVEN, NOW)
    assert (await authenticate(db, PEPPER, GIVEN + " changed", NOW)).scope.tenant_id == first.tenant_id


@pytest.mark.parametrize("secret", [None, ""])
async def test_no_credential_is_not_a_bad_one(db: Database, secret: str | None) -> None:
    with pytest.raises(CredentialMissing):
        await authenticate(db, PEPPER, secret, NOW)


async def test_a_key_is_worth_nothing_under_another_pepper(db: Database) -> None:
    secret = await start(db)
    with pytest.raises(CredentialInvalid):
        await authenticate(db, Pepper(b"q" * 32), secret, NOW)


async def test_a_key_outlives_the_pepper_it_was_made_under_once_it_has_been_used(db: Database) -> None:
    secret = await start(db)
    changed = Pepper(b"q" * 32, former=(PEPPER.newest,))
    scope = await authenticate(db, changed, secret, NOW)
    assert await authenticate(db, Pepper(changed.newest), secret, NOW) == scope
    with pytest.raises(CredentialInvalid):
        await authenticate(db, PEPPER, secret, NOW)


async def test_a_given_key_stays_the_same_key_under_a_new_pepper(db: Database) -> None:
    await start(db, GIVEN)
    scope = await authenticate(db, PEPPER, GIVEN, NOW)
    changed = Pepper(b"q" * 32, former=(PEPPER.newest,))
    assert await ensure_first_administrator(db, SystemClock(), changed, GIVEN) is None
    assert await authenticate(db, changed, GIVEN, NOW) == scope


def test_no_permission_includes_another() -> None:
    reader = Scope("ten_1", "key_1", frozenset({Permission.READ}))
    require(reader, Permission.READ)
    with pytest.raises(PermissionMissing) as caught:
        require(reader, Permission.WRITE)
    assert caught.value.facts == {"permission": "write"}
