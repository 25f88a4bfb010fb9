"""When things last happened, gathered in memory until somebody writes it down."""

from collections.abc import Mapping
from datetime import datetime


class Latest:
    """The latest moment by name."""

    def __init__(self) -> None:
        self._waiting: dict[str, datetime] = {}

    def note(self, name: str, moment: datetime) -> None:
        """It happened now."""
        self._waiting[name] = moment

    def find(self, name: str) -> datetime | None:
        """The moment, unless it has been taken out."""
        return self._waiting.get(name)

    def take(self) -> Mapping[str, datetime]:
        """All of it, to be written down."""
        taken, self._waiting = self._waiting, {}
        return taken

    def put_back(self, taken: Mapping[str, datetime]) -> None:
        """What could not be written; anything noted since is later."""
        self._waiting = {**taken, **self._waiting}
