"""Invitations: for one address, once, for a while, and never to more than whoever invites has."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.features.accounts.people import NOW, user
from tests.features.accounts.test_members import CLOCK, PEPPER, Team

from ragstone.db.database import Database
from ragstone.features.accounts import user_store
from ragstone.features.accounts.invitations.accept import accept_invitation, find_invitation
from ragstone.features.accounts.invitations.invitation import (
    AlreadyMember,
    InvitationInvalid,
    InvitationNotFound,
    InvitationOfAnother,
)
from ragstone.features.accounts.invitations.invite import invite
from ragstone.features.accounts.invitations.read import list_invitations, withdraw_invitation
from ragstone.features.accounts.permissions import GrantExceeded, Permission, Role
from ragstone.kit.scope import Scope

DAY = timedelta(days=1)
ADDRESS = "guest@example.com"


@pytest.fixture
def team(db: Database) -> Team:
    return Team(db)


async def guest(team: Team, address: str = ADDRESS) -> Scope:
    """A user who is a member elsewhere."""
    someone = user(address)
    async with team.db.transaction_across_tenants() as connection:
        await user_store.insert_user(connection, someone)
    return Scope("ten_elsewhere", someone.id, frozenset({Permission.READ}))


async def test_who_accepts_becomes_what_they_were_invited_as_once(team: Team) -> None:
    owner, someone = await team.add(Role.OWNER), await guest(team)
    made = await invite(team.runtime, owner, " Guest@Example.com", Role.EDITOR, DAY)
    assert made.token not in repr(made)
    membership = await accept_invitation(team.runtime, someone, made.token)
    assert (membership.tenant_id, membership.role) == (team.tenant_id, Role.EDITOR)
    assert (await team.roles(owner))[someone.caller_id] is Role.EDITOR
    with pytest.raises(InvitationInvalid):
        await accept_invitation(team.runtime, someone, made.token)
    with pytest.raises(AlreadyMember):
        await invite(team.runtime, owner, ADDRESS, Role.OWNER, DAY)


async def test_an_invitation_is_for_its_address_and_its_time(team: Team) -> None:
    owner = await team.add(Role.OWNER)
    made = await invite(team.runtime, owner, ADDRESS, Role.EDITOR, DAY)
    with pytest.raises(InvitationOfAnother):
        await accept_invitation(team.runtime, await guest(team, "other@example.com"), made.token)
    with pytest.raises(InvitationOfAnother):
        await accept_invitation(team.runtime, replace(owner, caller_id="key_1"), made.token)
    with pytest.raises(InvitationInvalid):
        await find_invitation(team.db, PEPPER, made.token, ADDRESS, NOW + DAY)
    with pytest.raises(InvitationInvalid):
        await find_invitation(team.db, PEPPER, "ri_guessed", ADDRESS, NOW)


async def test_a_newer_invitation_takes_the_place_of_an_older_and_each_can_be_taken_back(team: Team) -> None:
    owner = await team.add(Role.OWNER)
    first = await invite(team.runtime, owner, ADDRESS, Role.OWNER, DAY)
    second = await invite(team.runtime, owner, ADDRESS, Role.VIEWER, DAY)
    with pytest.raises(InvitationInvalid):
        await find_invitation(team.db, PEPPER, first.token, ADDRESS, NOW)
    page = await list_invitations(team.db, owner, cursor=None, limit=10)
    assert page.items == (second.invitation,)
    stranger = replace(owner, tenant_id="ten_other")
    with pytest.raises(InvitationNotFound):
        await withdraw_invitation(team.db, CLOCK, stranger, second.invitation.id)
    await withdraw_invitation(team.db, CLOCK, owner, second.invitation.id)
    with pytest.raises(InvitationInvalid):
        await find_invitation(team.db, PEPPER, second.token, ADDRESS, NOW)


async def test_nobody_invites_above_themselves_or_past_their_collections(team: Team) -> None:
    admin: Any = await team.add(Role.ADMIN)
    with pytest.raises(GrantExceeded):
        await invite(team.runtime, admin, ADDRESS, Role.OWNER, DAY)
    narrow = replace(admin, collection_ids=frozenset({"col_a"}))
    with pytest.raises(GrantExceeded):
        await invite(team.runtime, narrow, ADDRESS, Role.VIEWER, DAY)
