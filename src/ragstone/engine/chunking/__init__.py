"""`ParsedDocument` to chunks: one file per strategy."""
