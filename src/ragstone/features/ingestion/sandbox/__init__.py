"""Parsing untrusted files in a child process with limits and without secrets, so that a bad file costs itself only."""
