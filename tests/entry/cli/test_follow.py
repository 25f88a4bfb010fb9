"""How jobs are told of in a few words."""

from typing import Any

import pytest

from ragstone.entry.cli.follow import describe

JOB: dict[str, Any] = {
    "status": "queued",
    "state": "queued",
    "waiting_for": "turn",
    "position": 0,
    "next_attempt_at": "2026-01-01T00:00:00Z",
    "last_error": None,
    "progress": {"stage": None, "done": 0, "total": 9},
}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "queued"),
        ({"position": 7}, "queued, 7 before it"),
        ({"state": "starved", "waiting_for": "worker"}, "starved, waits for a worker"),
        (
            {"state": "retrying", "last_error": {"detail": "The disk is full."}},
            "retrying at 2026-01-01T00:00:00Z: The disk is full.",
        ),
        ({"state": "running", "progress": {"stage": "publish", "done": 3, "total": 9}}, "publish 3/9"),
        ({"state": "running"}, "running 0/9"),
        ({"state": "held", "position": None}, "held"),
    ],
)
def test_a_job_says_what_it_does_or_waits_for(fields: dict[str, Any], words: str) -> None:
    assert describe(JOB | fields) == words
