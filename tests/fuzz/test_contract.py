"""Requests of every shape, as every kind of caller: no answer but what the description of the API allows."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.fuzz.world import CALLERS, World

N_EXAMPLES: Final = int(os.environ.get("RAGSTONE_FUZZ_EXAMPLES", "3"))
"""For each operation, caller, and kind of data."""
SEED: Final = int(os.environ.get("RAGSTONE_FUZZ_SEED", "7"))
ENDLESS: Final = {"GET /api/v1/jobs/events"}
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
_SCHEMA: Final = schemathesis.openapi.from_path(Path(__file__).parents[2] / "openapi.json")
OPERATIONS: Final[dict[str, Any]] = {
    found.ok().label: found.ok() for found in _SCHEMA.get_all_operations() if isinstance(found, Ok)
}


@pytest.mark.timeout(3600 if N_EXAMPLES > 10 else 120)
@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in ENDLESS])
def test_every_answer_is_one_that_is_described(world: World, label: str) -> None:
    operation = OPERATIONS[label]
    with requests.Session() as session:
        session.trust_env = False
        for caller in CALLERS:
            for mode in GenerationMode:
                send_many(world, operation.as_strategy(generation_mode=mode), caller, session)


def send_many(world: World, cases: st.SearchStrategy[Any], caller: str, session: requests.Session) -> None:
    known = world.known_ids()
    key = world.keys[caller]

    @seed(SEED)
    @settings(max_examples=N_EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=cases, is_known=st.booleans())
    def send(case: Any, is_known: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name.
        if is_known:
            for part in (case.path_parameters, case.query, case.body):
                if isinstance(part, dict):
                    part.update({name: known[name] for name in part if name in known})
        response = case.call(
            base_url=world.url, session=session, headers={"X-API-Key": key} if key else None, timeout=60
        )
        said = f"{case.as_curl_command()}\n{response.status_code} {response.text[:2000]}"
        case.validate_response(response, checks=CHECKS)
        is_described = str(response.status_code) in case.operation.definition.raw["responses"]
        assert is_described or response.status_code >= requests.codes.bad_request, said
        assert response.headers["x-content-type-options"] == ["nosniff"], said

    send()


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_success_says_what_is_in_it(label: str) -> None:
    for status, response in OPERATIONS[label].definition.raw["responses"].items():
        assert status == "204" or response.get("content"), status
