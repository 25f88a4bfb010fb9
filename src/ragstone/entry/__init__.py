"""Ways in: HTTP, the command line, the worker."""
