"""Ingestion: one document version from received bytes to published chunks."""
