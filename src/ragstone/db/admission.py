"""Whose rows a connection to Postgres may see: told to the server each time the connection leaves the pool.

The policies of `row_security` read it. It is one statement, and doubles as the question whether the connection is
alive, so that it costs no round trip more than asking that. Nothing has to be undone when the connection goes back:
whoever takes it next says anew whose rows it may see.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from sqlalchemy.exc import InvalidatePoolError

from ragstone.kit.scope import Scope

TENANT_SETTING: Final = "ragstone.tenant_id"
EVERY_TENANT_SETTING: Final = "ragstone.every_tenant"

_STATEMENT: Final = f"SELECT set_config('{TENANT_SETTING}', $1, false), set_config('{EVERY_TENANT_SETTING}', $2, false)"


class Admission(NamedTuple):
    """The tenant whose rows may be seen, and whether those of every tenant may."""

    tenant_id: str = ""
    every_tenant: str = "off"


NOBODY: Final = Admission()
EVERY_TENANT: Final = Admission(every_tenant="on")

_wanted: Final[ContextVar[Admission]] = ContextVar("ragstone_admission", default=NOBODY)


def one_tenant(scope: Scope) -> Admission:
    """The rows of a scope's tenant and no others."""
    return Admission(scope.tenant_id)


@contextlib.contextmanager
def admitting(admission: Admission) -> Iterator[None]:
    """Connections that leave the pool meanwhile are admitted to these rows."""
    token = _wanted.set(admission)
    try:
        yield
    finally:
        _wanted.reset(token)


def admit_at_checkout(connection: Any, _: object, __: object) -> None:
    """Tell the server; a connection that has died makes the pool start afresh and ask again."""
    admission = _wanted.get()
    try:
        connection.run_async(lambda driver: driver.fetchrow(_STATEMENT, *admission))
    except Exception as error:
        raise InvalidatePoolError from error
