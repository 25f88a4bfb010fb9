"""A clock for the tests of jobs."""

import pytest
from tests.features.jobs.steps import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock()
