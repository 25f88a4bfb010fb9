"""Which rows of documents a scope reaches: its tenant's, of the collections it is limited to."""

import sqlalchemy as sa

from ragstone.features.documents.tables import documents, versions
from ragstone.kit.scope import Scope


def reach(scope: Scope, table: sa.Table) -> sa.ColumnElement[bool]:
    """The condition for a table of documents, or of what belongs to a document or to a version of one."""
    mine = table.c.tenant_id == scope.tenant_id
    if scope.collection_ids is None:
        return mine
    if table is documents:
        return sa.and_(mine, documents.c.collection_id.in_(scope.collection_ids))
    shown = sa.select(documents.c.id).where(documents.c.collection_id.in_(scope.collection_ids))
    if "document_id" in table.c:
        return sa.and_(mine, table.c.document_id.in_(shown))
    of_shown = sa.select(versions.c.id).where(versions.c.document_id.in_(shown))
    return sa.and_(mine, table.c.version_id.in_(of_shown))
