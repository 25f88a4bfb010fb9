"""Tables of documents, their versions, and what belongs to a version."""

import sqlalchemy as sa

from ragstone.db.metadata import identifier, metadata, moment, tenant_column

documents = sa.Table(
    "documents",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    sa.Column("collection_id", sa.ForeignKey("collections.id"), nullable=False),
    sa.Column("external_id", sa.String(500), nullable=True),
    sa.Column("record_sha256", sa.String(64), nullable=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_given", sa.Boolean, nullable=False),
    sa.Column("filename", sa.Text, nullable=True),
    sa.Column("type", sa.String(200), nullable=True),
    sa.Column("language", sa.String(8), nullable=True),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("given_metadata", sa.JSON, nullable=False),
    sa.Column("label_revision", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("active_version_id", sa.String(40), nullable=True),
    sa.Column("near_duplicate_of", sa.String(40), nullable=True),
    moment("created_at"),
    moment("updated_at"),
    moment("deleted_at", nullable=True),
    sa.Index("ix_documents_listing", "tenant_id", "collection_id", "id"),
    sa.Index("ix_documents_near_duplicate_of", "near_duplicate_of"),
    sa.Index(
        "uq_documents_collection_id_external_id",
        "collection_id",
        "external_id",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)

versions = sa.Table(
    "versions",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("cause", sa.String(20), nullable=False),
    sa.Column("job_id", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("type", sa.String(200), nullable=True),
    sa.Column("filename", sa.Text, nullable=True),
    sa.Column("blob_key", sa.String(200), nullable=True),
    sa.Column("n_parts", sa.Integer, nullable=True),
    sa.Column("language", sa.String(8), nullable=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("source_sha256", sa.String(64), nullable=False),
    sa.Column("text_sha256", sa.String(64), nullable=True),
    sa.Column("n_bytes", sa.BigInteger, nullable=True),
    sa.Column("n_chars", sa.BigInteger, nullable=True),
    sa.Column("n_pages", sa.Integer, nullable=True),
    sa.Column("page_starts", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("page_labels", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("n_chunks", sa.Integer, nullable=True),
    sa.Column("signature", sa.LargeBinary, nullable=True),
    sa.Column("passage_title", sa.Text, nullable=True),
    sa.Column("found_title", sa.Text, nullable=True),
    sa.Column("found_metadata", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
    moment("created_at"),
    moment("published_at", nullable=True),
    sa.Index("ix_versions_job", "job_id", "status", "id"),
    sa.Index("ix_versions_source", "tenant_id", "source_sha256"),
    sa.Index("ix_versions_document", "document_id", "number", unique=True),
    sa.Index("ix_versions_blob_key", "blob_key"),
)

version_bands = sa.Table(
    "version_bands",
    metadata,
    sa.Column("version_id", sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("band", sa.BigInteger, primary_key=True),
    tenant_column(),
    sa.Index("ix_version_bands_band", "tenant_id", "band"),
    comment="Parts of the signatures of texts: texts that have much in common share at least one.",
)

version_sources = sa.Table(
    "version_sources",
    metadata,
    sa.Column("version_id", sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    tenant_column(),
    sa.Column("content", sa.LargeBinary, nullable=False),
    comment="Originals that came as text in a request; files are in the blob store.",
)

version_parts = sa.Table(
    "version_parts",
    metadata,
    sa.Column("version_id", sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
    tenant_column(),
    identifier("document_id"),
    sa.Column("headings", sa.JSON, nullable=False),
    sa.Column("filename", sa.Text, nullable=True),
    sa.Column("type", sa.String(200), nullable=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("source_sha256", sa.String(64), nullable=False),
    sa.Column("blob_key", sa.String(200), nullable=True),
    sa.Column("content", sa.LargeBinary, nullable=True),
    sa.Index("ix_version_parts_blob_key", "blob_key"),
    comment="The originals a merged version is read from, in order.",
)

document_passwords = sa.Table(
    "document_passwords",
    metadata,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("source_sha256", sa.String(64), primary_key=True),
    tenant_column(),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    comment="What opens an encrypted original, sealed with a key that is not in the database.",
)

version_texts = sa.Table(
    "version_texts",
    metadata,
    sa.Column("version_id", sa.ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True),
    tenant_column(),
    sa.Column("content", sa.LargeBinary, nullable=False),
    comment="The canonical text, in UTF-8, that every span points into.",
)

chunks = sa.Table(
    "chunks",
    metadata,
    identifier(primary_key=True),
    tenant_column(),
    sa.Column("version_id", sa.ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("document_id", sa.String(40), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("start_byte", sa.BigInteger, nullable=False),
    sa.Column("end_byte", sa.BigInteger, nullable=False),
    sa.Column("start_char", sa.BigInteger, nullable=False),
    sa.Column("end_char", sa.BigInteger, nullable=False),
    sa.Column("page_start", sa.Integer, nullable=True),
    sa.Column("page_end", sa.Integer, nullable=True),
    sa.Column("page_label", sa.String(40), nullable=True),
    sa.Column("headings", sa.JSON, nullable=False),
    sa.Column("n_tokens", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("passage_sha256", sa.String(64), nullable=False),
    sa.Index("ix_chunks_version", "version_id", "ordinal", unique=True),
    sa.Index("ix_chunks_passage", "tenant_id", "passage_sha256"),
)

embeddings = sa.Table(
    "embeddings",
    metadata,
    sa.Column("tenant_id", sa.String(40), primary_key=True),
    sa.Column("generation", sa.String(40), primary_key=True),
    sa.Column("passage_sha256", sa.String(64), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=True),
    comment="Vectors by the passage they are of. Null: the model does not know the language of the passage.",
)

embedding_usage = sa.Table(
    "embedding_usage",
    metadata,
    sa.Column("tenant_id", sa.String(40), primary_key=True),
    sa.Column("generation", sa.String(40), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("n_texts", sa.BigInteger, nullable=False),
    sa.Column("n_cached", sa.BigInteger, nullable=False),
    sa.Column("n_tokens", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    comment="What embedding has cost each tenant, by day in UTC.",
)

upload_intents = sa.Table(
    "upload_intents",
    metadata,
    sa.Column("blob_key", sa.String(200), primary_key=True),
    tenant_column(),
    moment("created_at"),
    sa.Column("is_abandoned", sa.Boolean, nullable=False),
    comment="Blobs about to be written. What is still here long afterwards belongs to no document.",
)
