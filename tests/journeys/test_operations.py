"""Health, readiness, and documentation that needs no other host."""

import re

import pytest
from tests.journeys.api import Api
from tests.journeys.server import Server


def test_the_process_says_that_it_is_up(api: Api) -> None:
    assert api.ok("GET", "/health")["status"] == "ok"


def test_readiness_tells_the_state_of_every_part(api: Api, server: Server) -> None:
    ready = api.ok("GET", "/health/ready")
    assert ready["status"] == "ok"
    assert {name: part["status"] for name, part in ready["parts"].items()} == dict.fromkeys(
        ("database", "index", "queue", "embedder", "llm", "disk", "breakers"), "ok"
    )
    assert ready["parts"]["database"]["detail"] in {"sqlite", "postgresql"}
    assert server.is_running


def test_the_description_says_of_every_route_how_it_fails(api: Api) -> None:
    schema = api.ok("GET", "/openapi.json")
    assert schema["openapi"].startswith("3.1")
    identifiers = [operation["operationId"] for path in schema["paths"].values() for operation in path.values()]
    assert len(identifiers) == len(set(identifiers)) > 20
    for path in schema["paths"].values():
        for operation in path.values():
            reference = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"]
            assert reference == "#/components/schemas/Problem"
    for reference in re.findall(r'"\$ref": ?"#/([^"]+)"', api.send("GET", "/openapi.json").text):
        place = schema
        for step in reference.split("/"):
            place = place[step]


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_names_no_other_host(api: Api, path: str) -> None:
    page = api.send("GET", path)
    assert page.is_success
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert links
    for link in links:
        assert link.startswith("/docs/assets/")
        assert api.http.get(link).is_success
    assert not re.search(r"https?://", page.text)
