"""Documents and their versions: received, listed, read back, deleted."""
