"""The passwords that open encrypted originals.

They are kept, sealed, for as long as the document, because reading it again takes them again; nothing shows them. They
belong to a document's content rather than to a version: whichever version is made of the same bytes, they open it.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ragstone.db.database import Database
from ragstone.features.documents.document import Version
from ragstone.features.documents.reach import reach
from ragstone.features.documents.tables import document_passwords
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope
from ragstone.kit.seal import seal, unseal

_PURPOSE: Final = "document password"


async def keep_passwords(
    connection: AsyncConnection, scope: Scope, pepper: Pepper, given: Sequence[tuple[Version, str | None]]
) -> None:
    """Keep what opens the originals of versions, in the transaction that makes them. A new one replaces an old one."""
    rows = [
        {
            "document_id": version.document_id,
            "source_sha256": version.source_sha256,
            "tenant_id": scope.tenant_id,
            "sealed": seal(pepper, _PURPOSE, version.document_id, password),
        }
        for version, password in given
        if password
    ]
    if not rows:
        return
    columns = document_passwords.c
    replaced = sa.and_(
        columns.tenant_id == scope.tenant_id,
        columns.document_id == sa.bindparam("of_document"),
        columns.source_sha256 == sa.bindparam("of_source"),
    )
    keys = [{"of_document": row["document_id"], "of_source": row["source_sha256"]} for row in rows]
    await connection.execute(sa.delete(document_passwords).where(replaced), keys)
    await connection.execute(sa.insert(document_passwords), rows)


async def find_password(db: Database, scope: Scope, pepper: Pepper, version: Version) -> str | None:
    """What opens a version's original, if it was given. One sealed by another installation is as good as lost."""
    statement = sa.select(document_passwords.c.sealed).where(
        reach(scope, document_passwords),
        document_passwords.c.document_id == version.document_id,
        document_passwords.c.source_sha256 == version.source_sha256,
    )
    async with db.read(scope) as connection:
        sealed = await connection.scalar(statement)
    return None if sealed is None else unseal(pepper, _PURPOSE, version.document_id, sealed)
