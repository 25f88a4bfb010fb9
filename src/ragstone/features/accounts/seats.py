"""Places for requests at work: so many in a process, and so many of one tenant, so that the others find one."""

from collections import Counter
from typing import ClassVar, Final

from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope

_COME_BACK_S: Final = 1


class ServerBusy(Problem):
    """As much is at work as may be at once: of everybody, or of this tenant."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "server_busy"


class Seats:
    """The places of one process. For one event loop."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._taken = 0
        self._by_tenant: Counter[str] = Counter()

    def take(self) -> "Seat":
        """A place, to be left again. Raises `ServerBusy`."""
        if self._taken >= self._most:
            raise ServerBusy(limit=self._most, retry_after_s=_COME_BACK_S)
        self._taken += 1
        return Seat(self)

    def take_of(self, tenant_id: str) -> None:
        """Count a place as one of a tenant's. Raises `ServerBusy`."""
        if self._by_tenant[tenant_id] >= self._most_each:
            raise ServerBusy(limit=self._most_each, retry_after_s=_COME_BACK_S)
        self._by_tenant[tenant_id] += 1

    def leave(self, tenant_id: str | None) -> None:
        """Give a place back."""
        self._taken -= 1
        if tenant_id is not None:
            self._by_tenant[tenant_id] -= 1
            if not self._by_tenant[tenant_id]:
                del self._by_tenant[tenant_id]


class Seat:
    """The place of one request. Whose it is, is known once its credential has been looked at."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._tenant_id: str | None = None

    def belongs_to(self, scope: Scope) -> None:
        """Count the place as one of the tenant's. Raises `ServerBusy`."""
        if self._tenant_id is None:
            self._seats.take_of(scope.tenant_id)
            self._tenant_id = scope.tenant_id

    def leave(self) -> None:
        """The request is over."""
        self._seats.leave(self._tenant_id)
