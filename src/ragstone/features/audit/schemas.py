"""The audit log on the wire."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ragstone.db.deeds import Outcome
from ragstone.features.audit.record import Record, content
from ragstone.features.audit.store import RecordFilter


class AuditFilter(BaseModel):
    """Which records are wanted."""

    model_config = ConfigDict(extra="forbid")

    actor: str | None = Field(None, max_length=200, description="Id of a user, a key or a service.")
    action: str | None = Field(None, max_length=200, description="Name of an operation.")
    object: str | None = Field(None, max_length=200, description="Id of an object it was done to.")
    outcome: Outcome | None = None
    address: str | None = Field(None, max_length=200, description="Where the request came from.")
    since: AwareDatetime | None = Field(None, description="No record before this moment.")
    until: AwareDatetime | None = Field(None, description="Records before this moment.")
    installation: bool = Field(default=False, description="The installation's own log; for platform administrators.")

    def value(self) -> RecordFilter:
        """As the store has it."""
        return RecordFilter(self.actor, self.action, self.object, self.outcome, self.address, self.since, self.until)


class AuditQuery(AuditFilter):
    """A page of records."""

    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None


class AuditRecordView(BaseModel):
    """Who did what to which objects from where, when, and how it ended."""

    seq: int = Field(description="Counts the records of the log from 1.")
    id: str
    at: datetime
    actor: str = Field(description="Id of the user, key or service; `ragstone` for the server itself.")
    role: str
    credential_id: str | None
    action: str = Field(description="Name of the operation.")
    objects: list[str]
    outcome: Outcome
    address: str | None
    user_agent: str | None
    request_id: str | None
    detail: dict[str, Any]
    previous_hash: str
    hash: str

    @classmethod
    def of(cls, record: Record) -> "AuditRecordView":
        """A record as it is shown."""
        return cls(**{name: value for name, value in line(record).items() if name != "tenant_id"})


class AuditPage(BaseModel):
    """Some records, newest first."""

    items: list[AuditRecordView]
    next_cursor: str | None


def line(record: Record) -> dict[str, Any]:
    """A record as it is hashed, and its hash: what an export has on each line."""
    return content(record) | {"hash": record.hash}
