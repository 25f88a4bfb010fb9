"""Users, memberships, sessions and signing keys in the store."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.features.accounts.people import NOW, add_member, add_session, user

from ragstone.db.database import Database
from ragstone.features.accounts import session_store, signing_key_store, user_store
from ragstone.features.accounts.permissions import Permission, Role, permissions_of
from ragstone.features.accounts.session import RefreshToken
from ragstone.features.accounts.signing_key_store import SigningKey
from ragstone.features.accounts.tables import memberships
from ragstone.features.accounts.user import EmailTaken, normal_email


async def test_a_user_is_found_by_address_and_by_identifier(db: Database) -> None:
    made = user("ada@example.com")
    async with db.transaction_across_tenants() as connection:
        assert not await user_store.is_anyone_there(connection)
        await user_store.insert_user(connection, made)
    async with db.read_across_tenants() as connection:
        assert await user_store.is_anyone_there(connection)
        assert await user_store.find_user(connection, made.id) == made
        assert await user_store.find_user_by_email(connection, normal_email(" Ada@Example.COM ")) == made
        assert await user_store.list_users(connection, None, 9) == [made]
        assert await user_store.list_users(connection, made.id, 9) == []


async def test_an_address_belongs_to_one_user(db: Database) -> None:
    await add_member(db)
    with pytest.raises(EmailTaken):
        async with db.transaction_across_tenants() as connection:
            await user_store.insert_user(connection, user())


async def test_a_membership_that_ends_takes_its_sessions_and_their_tokens_along(db: Database) -> None:
    membership = await add_member(db)
    session = await add_session(db, membership)
    async with db.transaction_across_tenants() as connection:
        await session_store.insert_refresh_token(connection, RefreshToken("a" * 64, session.id, None, NOW))
        assert await user_store.list_memberships(connection, membership.user_id) == [membership]
        await connection.execute(sa.delete(memberships).where(memberships.c.user_id == membership.user_id))
    async with db.transaction_across_tenants() as connection:
        assert await session_store.lock_session(connection, session.id) is None
        assert await session_store.find_refresh_token(connection, ["a" * 64]) is None
        assert await user_store.find_user(connection, membership.user_id) is not None


async def test_sessions_end_one_by_one_or_all_but_one(db: Database) -> None:
    membership = await add_member(db)
    stranger = await add_member(db, "eve@example.com")
    first, second, third = [await add_session(db, membership, id=f"ses_{number}") for number in range(3)]
    await add_session(db, membership, id="ses_old", expires_at=NOW)

    async def live() -> list[str]:
        async with db.read_across_tenants() as connection:
            return [item.id for item in await session_store.list_live_sessions(connection, membership.user_id, NOW)]

    assert await live() == [third.id, second.id, first.id]
    async with db.transaction_across_tenants() as connection:
        assert not await session_store.revoke_session(connection, stranger.user_id, first.id, NOW)
        assert await session_store.revoke_session(connection, membership.user_id, first.id, NOW)
        assert not await session_store.revoke_session(connection, membership.user_id, first.id, NOW)
    assert await live() == [third.id, second.id]
    async with db.transaction_across_tenants() as connection:
        await session_store.revoke_sessions(connection, membership.user_id, NOW, but=second.id)
    assert await live() == [second.id]
    async with db.transaction_across_tenants() as connection:
        await session_store.revoke_sessions(connection, membership.user_id, NOW)
        await session_store.forget_sessions(connection, NOW + timedelta(days=2))
        assert await session_store.lock_session(connection, second.id) is None


async def test_using_a_refresh_token_bars_the_others_given_for_the_same_one(db: Database) -> None:
    session = await add_session(db, await add_member(db))
    root = RefreshToken("r" * 64, session.id, None, NOW)
    one, other = (RefreshToken(letter * 64, session.id, root.token_hash, NOW) for letter in "ab")
    async with db.transaction_across_tenants() as connection:
        for token in (root, one, other):
            await session_store.insert_refresh_token(connection, token)
        await session_store.use_refresh_token(connection, root, NOW)
        assert not await session_store.has_used_child(connection, root.token_hash)
        await session_store.use_refresh_token(connection, one, NOW)
        assert await session_store.has_used_child(connection, root.token_hash)
        found = [await session_store.find_refresh_token(connection, [item.token_hash]) for item in (root, one, other)]
    assert [(item.used_at, item.is_barred) for item in found if item] == [(NOW, False), (NOW, False), (None, True)]


async def test_a_replaced_signing_key_is_believed_until_it_expires(db: Database) -> None:
    later = NOW + timedelta(hours=1)
    async with db.transaction_across_tenants() as connection:
        await signing_key_store.lock_signing_keys(connection)
        await signing_key_store.insert_signing_key(connection, SigningKey("sig_1", {"kty": "OKP"}, b"1", NOW))
        await signing_key_store.replace_signing_keys(connection, NOW, later)
        await signing_key_store.insert_signing_key(connection, SigningKey("sig_2", {"kty": "OKP"}, b"2", later))
        await signing_key_store.replace_signing_keys(connection, later, later + timedelta(hours=1))
    async with db.read_across_tenants() as connection:
        believed = await signing_key_store.list_signing_keys(connection, NOW)
        assert [(key.id, key.replaced_at) for key in believed] == [("sig_2", later), ("sig_1", NOW)]
        assert [key.id for key in await signing_key_store.list_signing_keys(connection, later)] == ["sig_2"]
    async with db.transaction_across_tenants() as connection:
        await signing_key_store.forget_signing_keys(connection, later + timedelta(days=1))
        assert await signing_key_store.list_signing_keys(connection, NOW) == []


def test_each_role_may_do_more_than_the_one_below_it() -> None:
    chain = [permissions_of(role, is_platform_admin=False) for role in Role]
    assert all(below < above for below, above in itertools.pairwise(chain))
    assert Permission.PLATFORM not in chain[-1]
    assert Permission.PLATFORM in permissions_of(Role.VIEWER, is_platform_admin=True)
