"""API keys as objects: made, listed, renamed, rotated, revoked."""
