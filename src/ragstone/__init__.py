"""Ragstone: documents in, answers out, every citation verified against the stored bytes."""

__version__ = "0.1.0"
