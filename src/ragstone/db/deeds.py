"""Deeds: what somebody did, noted in the transaction that did it, so that nothing is done and not recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db import outbox
from ragstone.kit.scope import Scope

DEED: Final = "deed"
"""What somebody did, on its way into the audit log. Payload: `action`, `objects`, `outcome`, `detail`."""

Fact: TypeAlias = str | int | bool | Sequence[str]


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Deed:
    """One action on some objects.

    `action` is the name of the operation, which is the name of its handler. `objects` are ids, the one that was meant
    first. `detail` holds ids, counts and names of fields: never a secret, never a word of a document, never what a user
    wrote.
    """

    action: str
    objects: tuple[str, ...] = ()
    outcome: Outcome = Outcome.DONE
    detail: Mapping[str, Fact] = field(default_factory=dict)


async def note(connection: AsyncConnection, scope: Scope, deed: Deed, now: datetime) -> None:
    """Let a deed be recorded if, and only if, this transaction is committed.

    Each use case that changes something calls it in its own transaction, which takes one row; the audit log fetches it
    from there. Who, with which credential and from where comes from the scope and its `origin`:

        await note(connection, scope, Deed("delete_collection", (collection_id,)), now)

    A refusal is noted in a transaction that is committed although the use case then raises:

        await note(connection, scope, Deed("login", (user_id,), Outcome.REFUSED, {"problem": "login_failed"}), now)

    Where nobody is known yet, as for a login, the scope is made for the purpose, and `INSTALLATION` stands for a tenant
    where none is known: `Scope(INSTALLATION, "anonymous", frozenset(), origin=origin_of(request))`.
    """
    payload: dict[str, Any] = {"action": deed.action, "objects": [*deed.objects], "outcome": deed.outcome}
    await outbox.publish(connection, scope, DEED, payload | {"detail": dict(deed.detail)}, now)
