"""Durable work: the job row is the truth, written in the transaction that needs it."""
