"""API keys: what they may do, when they end, and who may hand them out."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from ragstone.db.database import Database
from ragstone.features.accounts.api_keys import CredentialInvalid, authenticate
from ragstone.features.accounts.first_start import ensure_first_administrator
from ragstone.features.accounts.keys.key import (
    ApiKeyDraft,
    ApiKeyExpiryInvalid,
    ApiKeyFixed,
    ApiKeyNotFound,
    ApiKeyOfAnother,
    KeyWithSecret,
)
from ragstone.features.accounts.keys.make import make_api_key
from ragstone.features.accounts.keys.note_uses import note_key_uses
from ragstone.features.accounts.keys.read import get_api_key, list_api_keys
from ragstone.features.accounts.keys.rename import rename_api_key
from ragstone.features.accounts.keys.revoke import revoke_api_key
from ragstone.features.accounts.keys.rotate import rotate_api_key
from ragstone.features.accounts.permissions import (
    ALL_PERMISSIONS,
    PERMISSIONS_OF,
    GrantExceeded,
    Permission,
    PermissionMissing,
    Role,
)
from ragstone.features.accounts.tables import api_keys, memberships, tenants, users
from ragstone.kit.ids import new_id
from ragstone.kit.latest import Latest
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

PEPPER = Pepper(b"p" * 32)
START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
READ = frozenset({Permission.READ})


class HandClock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def runtime(db: Database) -> Any:
    """The parts of a runtime that keys need."""
    return SimpleNamespace(db=db, clock=HandClock(), pepper=PEPPER, key_uses=Latest())


@pytest.fixture
async def tenant_id(db: Database) -> str:
    tenant_id = new_id("ten")
    async with db.transaction_across_tenants() as connection:
        await connection.execute(sa.insert(tenants).values(id=tenant_id, name="t", created_at=START))
    return tenant_id


@pytest.fixture
async def member(db: Database, tenant_id: str) -> Callable[[Role], Awaitable[Scope]]:
    """Makes members of the tenant."""

    async def make(role: Role) -> Scope:
        user_id = new_id("usr")
        user = {"id": user_id, "email": user_id, "name": "", "is_platform_admin": False, "created_at": START}
        membership = {"tenant_id": tenant_id, "user_id": user_id, "role": role, "created_at": START}
        async with db.transaction_across_tenants() as connection:
            await connection.execute(sa.insert(users).values(user))
            await connection.execute(sa.insert(memberships).values(membership))
        return Scope(tenant_id, user_id, PERMISSIONS_OF[role])

    return make


async def scope_of(runtime: Any, made: KeyWithSecret) -> Scope:
    return (await authenticate(runtime.db, PEPPER, made.secret, runtime.clock.now())).scope


async def test_a_key_gives_what_was_asked_for_and_its_secret_is_nowhere_kept(runtime: Any, member: Any) -> None:
    editor = await member(Role.EDITOR)
    made = await make_api_key(runtime, editor, ApiKeyDraft("reader", READ, frozenset({"col_a", "col_b"})))
    scope = await scope_of(runtime, made)
    assert scope == Scope(editor.tenant_id, made.key.id, READ, frozenset({"col_a", "col_b"}))
    assert made.key.prefix
    assert made.secret.startswith(made.key.prefix + "_")
    async with runtime.db.read_across_tenants() as connection:
        (stored,) = (await connection.execute(sa.select(api_keys))).mappings()
    assert made.secret not in str(dict(stored))
    assert made.secret not in repr(made)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER])
async def test_nobody_makes_a_key_that_can_more_than_they_can(runtime: Any, member: Any, role: Role) -> None:
    for permission in ALL_PERMISSIONS:
        draft = ApiKeyDraft("one", frozenset({permission}))
        if permission in PERMISSIONS_OF[role]:
            await make_api_key(runtime, await member(role), draft)
        else:
            with pytest.raises(GrantExceeded) as caught:
                await make_api_key(runtime, await member(role), draft)
            assert caught.value.facts == {"what": permission}


async def test_who_sees_some_collections_hands_out_no_others(runtime: Any, member: Any) -> None:
    narrow = replace(await member(Role.ADMIN), collection_ids=frozenset({"col_a"}))
    for asked in (None, frozenset({"col_b"}), frozenset({"col_a", "col_b"})):
        with pytest.raises(GrantExceeded):
            await make_api_key(runtime, narrow, ApiKeyDraft("wide", READ, asked))
    made = await make_api_key(runtime, narrow, ApiKeyDraft("same", READ, frozenset({"col_a"})))
    assert (await scope_of(runtime, made)).collection_ids == frozenset({"col_a"})


async def test_a_key_ends_when_it_was_to(runtime: Any, member: Any) -> None:
    made = await make_api_key(runtime, await member(Role.VIEWER), ApiKeyDraft("short", READ, expires_at=START + DAY))
    runtime.clock.moment += DAY - timedelta(seconds=1)
    assert await scope_of(runtime, made)
    runtime.clock.moment += timedelta(seconds=1)
    with pytest.raises(CredentialInvalid):
        await scope_of(runtime, made)


async def test_a_key_does_not_outlive_the_one_it_is_made_with(runtime: Any, member: Any) -> None:
    admin = await member(Role.ADMIN)
    first = await make_api_key(runtime, admin, ApiKeyDraft("first", admin.permissions, expires_at=START + DAY))
    caller = await scope_of(runtime, first)
    for end in (START, START + 2 * DAY):
        with pytest.raises(ApiKeyExpiryInvalid):
            await make_api_key(runtime, caller, ApiKeyDraft("second", READ, expires_at=end))
    second = await make_api_key(runtime, caller, ApiKeyDraft("second", READ))
    assert (second.key.expires_at, second.key.user_id) == (START + DAY, admin.caller_id)


async def test_a_program_makes_keys_only_as_an_administrator(runtime: Any, member: Any) -> None:
    made = await make_api_key(runtime, await member(Role.EDITOR), ApiKeyDraft("editor", PERMISSIONS_OF[Role.EDITOR]))
    with pytest.raises(PermissionMissing):
        await make_api_key(runtime, await scope_of(runtime, made), ApiKeyDraft("more", READ))


async def test_a_members_key_can_no_more_than_the_member_can_today(runtime: Any, member: Any) -> None:
    admin = await member(Role.ADMIN)
    made = await make_api_key(runtime, admin, ApiKeyDraft("admin's", admin.permissions))
    this = memberships.c.user_id == admin.caller_id
    async with runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(memberships).where(this).values(role=Role.VIEWER))
    assert (await scope_of(runtime, made)).permissions == READ
    async with runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.delete(memberships).where(this))
    with pytest.raises(CredentialInvalid):
        await scope_of(runtime, made)


async def test_a_disabled_users_key_is_worth_nothing(runtime: Any, member: Any) -> None:
    viewer = await member(Role.VIEWER)
    made = await make_api_key(runtime, viewer, ApiKeyDraft("k", READ))
    async with runtime.db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(users).where(users.c.id == viewer.caller_id).values(disabled_at=START))
    with pytest.raises(CredentialInvalid):
        await scope_of(runtime, made)


async def test_after_a_rotation_both_secrets_work_until_the_grace_is_over(runtime: Any, member: Any) -> None:
    viewer = await member(Role.VIEWER)
    old = await make_api_key(runtime, viewer, ApiKeyDraft("rotated", READ))
    new = await rotate_api_key(runtime, viewer, old.key.id, DAY)
    assert new.key.id == old.key.id
    assert await scope_of(runtime, old) == await scope_of(runtime, new)
    runtime.clock.moment += DAY
    assert await scope_of(runtime, new)
    with pytest.raises(CredentialInvalid):
        await scope_of(runtime, old)


async def test_a_proof_says_how_long_it_holds(runtime: Any, member: Any) -> None:
    viewer = await member(Role.VIEWER)
    old = await make_api_key(runtime, viewer, ApiKeyDraft("rotated", READ, expires_at=START + 2 * DAY))
    forever = await make_api_key(runtime, viewer, ApiKeyDraft("forever", READ))
    new = await rotate_api_key(runtime, viewer, old.key.id, DAY)
    ends = [(await authenticate(runtime.db, PEPPER, made.secret, START)).until for made in (old, new, forever)]
    assert ends == [START + DAY, START + 2 * DAY, None]


async def test_a_second_rotation_ends_the_first_secret_at_once(runtime: Any, member: Any) -> None:
    viewer = await member(Role.VIEWER)
    first = await make_api_key(runtime, viewer, ApiKeyDraft("rotated", READ))
    second = await rotate_api_key(runtime, viewer, first.key.id, DAY)
    third = await rotate_api_key(runtime, viewer, first.key.id, timedelta(0))
    for gone in (first, second):
        with pytest.raises(CredentialInvalid):
            await scope_of(runtime, gone)
    assert await scope_of(runtime, third)


async def test_both_secrets_of_a_rotated_key_outlive_a_change_of_the_pepper(runtime: Any, member: Any) -> None:
    viewer = await member(Role.VIEWER)
    old = await make_api_key(runtime, viewer, ApiKeyDraft("rotated", READ))
    new = await rotate_api_key(runtime, viewer, old.key.id, DAY)
    changed = Pepper(b"q" * 32, former=(PEPPER.newest,))
    for made in (old, new):
        await authenticate(runtime.db, changed, made.secret, START)
    for made in (old, new):
        await authenticate(runtime.db, Pepper(changed.newest), made.secret, START)


async def test_a_secret_is_handed_out_to_its_owner_alone(runtime: Any, member: Any) -> None:
    owner, admin = await member(Role.OWNER), await member(Role.ADMIN)
    made = await make_api_key(runtime, owner, ApiKeyDraft("owner's", READ))
    with pytest.raises(ApiKeyOfAnother):
        await rotate_api_key(runtime, admin, made.key.id, DAY)
    await revoke_api_key(runtime, admin, made.key.id)
    with pytest.raises(CredentialInvalid):
        await scope_of(runtime, made)


async def test_a_tenants_key_is_rotated_by_nobody_who_can_less_than_it(runtime: Any, tenant_id: str) -> None:
    everything = Scope(tenant_id, "svc_gateway", ALL_PERMISSIONS)
    made = await make_api_key(runtime, everything, ApiKeyDraft("all", ALL_PERMISSIONS))
    assert made.key.user_id is None
    admin = Scope(tenant_id, new_id("usr"), PERMISSIONS_OF[Role.ADMIN])
    with pytest.raises(GrantExceeded):
        await rotate_api_key(runtime, admin, made.key.id, DAY)


async def test_members_see_their_own_keys_and_administrators_all(runtime: Any, member: Any) -> None:
    viewer, editor, admin = await member(Role.VIEWER), await member(Role.EDITOR), await member(Role.ADMIN)
    theirs = [await make_api_key(runtime, scope, ApiKeyDraft("k", READ)) for scope in (viewer, editor)]

    async def seen(scope: Scope) -> set[str]:
        return {key.id for key in (await list_api_keys(runtime, scope, cursor=None, limit=10)).items}

    assert await seen(viewer) == {theirs[0].key.id}
    assert await seen(await scope_of(runtime, theirs[1])) == {theirs[1].key.id}
    assert await seen(admin) == {made.key.id for made in theirs}
    for act in (get_api_key, revoke_api_key):
        with pytest.raises(ApiKeyNotFound):
            await act(runtime, viewer, theirs[1].key.id)


async def test_keys_of_another_tenant_are_not_there(runtime: Any, member: Any, other_scope: Scope) -> None:
    made = await make_api_key(runtime, await member(Role.ADMIN), ApiKeyDraft("k", READ))
    stranger = replace(other_scope, caller_id=new_id("usr"))
    assert (await list_api_keys(runtime, stranger, cursor=None, limit=10)).items == ()
    with pytest.raises(ApiKeyNotFound):
        await rename_api_key(runtime, stranger, made.key.id, "mine")
    with pytest.raises(ApiKeyNotFound):
        await rotate_api_key(runtime, stranger, made.key.id, DAY)
    assert (await scope_of(runtime, made)).tenant_id != stranger.tenant_id


async def test_the_first_administrators_key_is_changed_by_the_settings_alone(runtime: Any) -> None:
    secret = await ensure_first_administrator(runtime.db, runtime.clock, PEPPER, None)
    first = (await authenticate(runtime.db, PEPPER, secret, START)).scope
    for refused in (
        rotate_api_key(runtime, first, first.caller_id, DAY),
        revoke_api_key(runtime, first, first.caller_id),
    ):
        with pytest.raises(ApiKeyFixed):
            await refused
    named_alike = await make_api_key(runtime, first, ApiKeyDraft("bootstrap", READ))
    assert await ensure_first_administrator(runtime.db, runtime.clock, PEPPER, "another given key, thirty-two") is None
    assert await scope_of(runtime, named_alike), "only the key itself is replaced"


async def test_when_a_key_was_used_is_known_at_once_and_written_later(runtime: Any, member: Any) -> None:
    viewer = await member(Role.VIEWER)
    made = await make_api_key(runtime, viewer, ApiKeyDraft("used", READ))
    runtime.key_uses.note(made.key.id, START + DAY)
    assert (await get_api_key(runtime, viewer, made.key.id)).last_used_at == START + DAY
    assert await note_key_uses(runtime) == 1
    assert await note_key_uses(runtime) == 0
    assert (await get_api_key(runtime, viewer, made.key.id)).last_used_at == START + DAY


async def test_uses_that_could_not_be_written_are_kept(runtime: Any) -> None:
    runtime.key_uses.note("key_1", datetime(2026, 3, 1))  # noqa: DTZ001 - A moment without a zone is refused by the store.
    runtime.key_uses.note("key_2", START)
    with pytest.raises(Exception, match="time zone"):
        await note_key_uses(runtime)
    runtime.key_uses.note("key_1", START)
    assert await note_key_uses(runtime) == 2
