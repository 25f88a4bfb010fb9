"""Handing documents in: files, texts, streams of records."""
