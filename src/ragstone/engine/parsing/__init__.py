"""Bytes to `ParsedDocument`: one file per format."""
