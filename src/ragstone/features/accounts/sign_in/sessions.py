"""Where somebody is signed in, and signing out, here or there."""

from collections.abc import Sequence
from typing import ClassVar, Literal, TypeAlias

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts import session_store
from ragstone.features.accounts.session import Session
from ragstone.kit.clock import Clock
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

Ending: TypeAlias = Literal["log_out", "end_session"]
"""The operations that end a session."""


class SessionNotFound(Problem):
    """The caller has no such session."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    code: ClassVar[str] = "session_not_found"


async def list_sessions(db: Database, clock: Clock, scope: Scope) -> Sequence[Session]:
    """Where the caller is signed in, newest first."""
    async with db.read_across_tenants() as connection:
        return await session_store.list_live_sessions(connection, scope.caller_id, clock.now())


async def end_session(
    db: Database, clock: Clock, scope: Scope, session_id: str, action: Ending = "end_session"
) -> None:
    """End a session of the caller. Raises `SessionNotFound`."""
    async with db.transaction_across_tenants() as connection:
        if not await session_store.revoke_session(connection, scope.caller_id, session_id, clock.now()):
            raise SessionNotFound(session_id=session_id)
        await note(connection, scope, Deed(action, (session_id,)), clock.now())
