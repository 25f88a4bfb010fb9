"""Members of a tenant: who may change whom, and that somebody stays who may change everything."""

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.features.accounts.people import NOW, add_session, user

from ragstone.db.database import Database
from ragstone.features.accounts import session_store, user_store
from ragstone.features.accounts.api_keys import CredentialInvalid, authenticate
from ragstone.features.accounts.invitations.invite import invite
from ragstone.features.accounts.invitations.read import list_invitations
from ragstone.features.accounts.keys.key import ApiKeyDraft
from ragstone.features.accounts.keys.make import make_api_key
from ragstone.features.accounts.members.change_role import change_role
from ragstone.features.accounts.members.member import LastOwner, MemberNotFound
from ragstone.features.accounts.members.read import list_members
from ragstone.features.accounts.members.remove import remove_member
from ragstone.features.accounts.permissions import (
    PERMISSIONS_OF,
    GrantExceeded,
    Permission,
    PermissionMissing,
    Role,
)
from ragstone.features.accounts.tables import users
from ragstone.features.accounts.user import Membership
from ragstone.kit.ids import new_id
from ragstone.kit.latest import Latest
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope

PEPPER = Pepper(b"p" * 32)


class StoppedClock:
    """It is always the same moment."""

    def now(self) -> Any:
        return NOW


CLOCK = StoppedClock()


class Team:
    """A tenant, and members as tests ask for them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.tenant_id = new_id("ten")
        self.runtime: Any = SimpleNamespace(db=db, clock=CLOCK, pepper=PEPPER, key_uses=Latest())

    async def add(self, role: Role) -> Scope:
        someone = user(f"{new_id('someone')}@example.com")
        async with self.db.transaction_across_tenants() as connection:
            if await user_store.find_tenant_name(connection, self.tenant_id) is None:
                await user_store.insert_tenant(connection, self.tenant_id, "team", NOW)
            await user_store.insert_user(connection, someone)
            await user_store.insert_membership(connection, Membership(self.tenant_id, someone.id, role, NOW))
        return Scope(self.tenant_id, someone.id, PERMISSIONS_OF[role])

    async def roles(self, scope: Scope) -> dict[str, Role]:
        page = await list_members(self.db, scope, cursor=None, limit=100)
        return {member.user_id: member.role for member in page.items}


@pytest.fixture
def team(db: Database) -> Team:
    return Team(db)


async def test_administrators_change_roles_up_to_their_own_and_those_of_nobody_above_them(team: Team) -> None:
    owner, admin, viewer = [await team.add(role) for role in (Role.OWNER, Role.ADMIN, Role.VIEWER)]
    changed = await change_role(team.db, CLOCK, admin, viewer.caller_id, Role.ADMIN)
    assert changed.role is Role.ADMIN
    for user_id, role in ((viewer.caller_id, Role.OWNER), (owner.caller_id, Role.VIEWER)):
        with pytest.raises(GrantExceeded):
            await change_role(team.db, CLOCK, admin, user_id, role)
    with pytest.raises(GrantExceeded):
        await remove_member(team.db, CLOCK, admin, owner.caller_id)
    with pytest.raises(PermissionMissing):
        await change_role(team.db, CLOCK, await team.add(Role.EDITOR), viewer.caller_id, Role.VIEWER)
    assert (await team.roles(admin))[owner.caller_id] is Role.OWNER


async def test_the_last_owner_can_neither_be_demoted_nor_leave(team: Team) -> None:
    owner = await team.add(Role.OWNER)
    with pytest.raises(LastOwner):
        await change_role(team.db, CLOCK, owner, owner.caller_id, Role.ADMIN)
    with pytest.raises(LastOwner):
        await remove_member(team.db, CLOCK, owner, owner.caller_id)
    second = await team.add(Role.OWNER)
    async with team.db.transaction_across_tenants() as connection:
        this = users.c.id == second.caller_id
        await connection.execute(sa.update(users).where(this).values(disabled_at=NOW))
    with pytest.raises(LastOwner):
        await remove_member(team.db, CLOCK, owner, owner.caller_id)
    third = await team.add(Role.OWNER)
    await change_role(team.db, CLOCK, third, owner.caller_id, Role.VIEWER)
    assert (await team.roles(third))[owner.caller_id] is Role.VIEWER


async def test_with_a_member_go_their_sessions_keys_and_invitations(team: Team) -> None:
    owner, admin = await team.add(Role.OWNER), await team.add(Role.ADMIN)
    session = await add_session(team.db, Membership(team.tenant_id, admin.caller_id, Role.ADMIN, NOW))
    made = await make_api_key(team.runtime, admin, ApiKeyDraft("theirs", frozenset({Permission.READ})))
    await invite(team.runtime, admin, "new@example.com", Role.VIEWER, NOW - NOW)
    await remove_member(team.db, CLOCK, owner, admin.caller_id)
    with pytest.raises(CredentialInvalid):
        await authenticate(team.db, PEPPER, made.secret, NOW)
    async with team.db.transaction_across_tenants() as connection:
        assert await session_store.lock_session(connection, session.id) is None
    assert (await list_invitations(team.db, owner, cursor=None, limit=10)).items == ()
    with pytest.raises(MemberNotFound):
        await remove_member(team.db, CLOCK, owner, admin.caller_id)


async def test_members_may_leave_and_are_not_seen_from_other_tenants(team: Team, db: Database) -> None:
    owner, viewer = await team.add(Role.OWNER), await team.add(Role.VIEWER)
    stranger = await Team(db).add(Role.OWNER)
    with pytest.raises(MemberNotFound):
        await change_role(db, CLOCK, stranger, viewer.caller_id, Role.ADMIN)
    with pytest.raises(MemberNotFound):
        await remove_member(db, CLOCK, stranger, viewer.caller_id)
    await remove_member(db, CLOCK, viewer, viewer.caller_id)
    assert set(await team.roles(owner)) == {owner.caller_id}
    with pytest.raises(PermissionMissing):
        await list_members(db, viewer, cursor=None, limit=10)
