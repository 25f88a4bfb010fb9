"""The command line: a thin client of the HTTP API, and the few things that are done to a data folder directly."""
