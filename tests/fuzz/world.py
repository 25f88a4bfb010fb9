"""A server with two tenants: one whose keys are used for every kind of request, and one who must not notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from tests.journeys.api import Api

from ragstone.bootstrap import DATABASE_FILE
from ragstone.db.database import Database
from ragstone.features.accounts.permissions import PERMISSIONS_OF, Role
from ragstone.features.accounts.tables import api_keys, tenants
from ragstone.kit.clock import SystemClock
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import load_pepper

ANONYMOUS: Final = "anonymous"
CALLERS: Final = (ANONYMOUS, Role.VIEWER, Role.EDITOR, Role.ADMIN)
STRANGER: Final = "stranger"
SECRET_TEXT: Final = "The stranger keeps the harbour log in a locked drawer."


@dataclass(frozen=True)
class World:
    """Where the server is, and the API key of each caller; nobody's is None."""

    url: str
    data_dir: Path
    keys: Mapping[str, str | None]

    def api(self, caller: str) -> Api:
        """The server as one caller sees it."""
        return Api(self.url, self.keys[caller])

    def known_ids(self) -> dict[str, str]:
        """Identifiers of objects made this moment, by the name that parameters and fields have for them."""
        with self.api(Role.ADMIN) as api:
            collection_id = api.collection(new_id("known"))
            body = {"collection_id": collection_id, "documents": [{"text": "A known text about terns."}]}
            receipt = api.ok("POST", "/ingest", json=body)
        document_id = str(receipt["documents"][0]["id"])
        return {"collection_id": collection_id, "document_id": document_id, "job_id": str(receipt["job"]["id"])}


async def make_keys(data_dir: Path, url: str | None) -> dict[str, str | None]:
    """Two tenants in the store, with a key for each caller of the first, and an administrator's of the other."""
    pepper, now = load_pepper(data_dir / "secrets"), SystemClock().now()
    secrets: dict[str, str | None] = {ANONYMOUS: None}
    async with (
        Database(url) if url else Database.sqlite(data_dir / DATABASE_FILE) as db,
        db.transaction_across_tenants() as connection,
    ):
        for name, roles in (("fuzzed", (Role.VIEWER, Role.EDITOR, Role.ADMIN)), (STRANGER, (Role.ADMIN,))):
            tenant_id = new_id("ten")
            await connection.execute(sa.insert(tenants).values(id=tenant_id, name=name, created_at=now))
            for role in roles:
                caller = STRANGER if name == STRANGER else role
                secret = f"rs_{new_id('secret')}_{caller}"
                key = {"id": new_id("key"), "tenant_id": tenant_id, "name": caller, "created_at": now}
                permissions = sorted(PERMISSIONS_OF[role])
                hashed = pepper.digest(secret)
                await connection.execute(sa.insert(api_keys).values(**key, secret_hash=hashed, permissions=permissions))
                secrets[caller] = secret
    return secrets
