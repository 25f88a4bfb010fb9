"""Which tables this process has written to: what is kept of them in memory is good until one of them changes."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

UNNOTED: Final = "unnoted"
"""An execution option for changes that make nothing stale that is kept in memory."""

_PENDING: Final = "changed_tables"


class Changes:
    """Counts the changes of each table.

    Rows that a foreign key deletes are counted for the table they were deleted through, so whoever asks names that too.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def watch(self, engine: sa.Engine) -> None:
        """Note what is written through an engine."""
        sa.event.listen(engine, "before_execute", _note)

    def done(self, info: dict[Any, Any]) -> None:
        """Count what a connection, told by its `info`, has written in a transaction that has ended, however it did."""
        self._counts.update(info.pop(_PENDING, ()))

    def count(self, tables: Iterable[str]) -> int:
        """A number that has grown whenever one of some tables has been changed."""
        return sum(self._counts[table] for table in tables)


def _note(connection: sa.Connection, statement: Any, _many: Any, _one: Any, options: Any) -> None:
    if isinstance(statement, sa.UpdateBase) and not options.get(UNNOTED):
        table: Any = statement.table
        connection.info.setdefault(_PENDING, set()).add(table.name)
