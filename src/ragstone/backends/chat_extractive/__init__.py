"""Answers in the sources' own words: offline, deterministic, without any generating model."""
