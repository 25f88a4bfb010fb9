"""Answers: sources to sentences, and every citation verified against the stored bytes before it leaves."""
