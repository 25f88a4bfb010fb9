"""Every route asks for a credential, and says what it does."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from ragstone.entry.http.app import API_PREFIX, create_app
from ragstone.features.accounts.routes import caller_of

OUTSIDE = {"/health", "/health/ready", "/.well-known/jwks.json"}
"""What anyone may ask, and where everybody expects it."""

OPEN = (
    OUTSIDE
    | {"/auth/register", "/auth/login", "/auth/token", "/auth/refresh"}
    | {
        "/auth/login/second-factor",
        "/auth/password/forgot",
        "/auth/password/reset",
    }
)
"""What anyone may ask. A new entry here is a decision about security."""

DOCUMENTATION = {"/openapi.json", "/docs", "/redoc", "/docs/assets", "/docs/assets/start.js", "/problems/{code}"}
"""What the application serves beside the slices' routes."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app()


@pytest.fixture(scope="module")
def routes(modules: tuple[Any, ...]) -> tuple[APIRoute, ...]:
    """The routes of all slices."""
    routers = {id(item): item for m in modules for item in vars(m.loaded or m).values() if isinstance(item, APIRouter)}
    return tuple(route for router in routers.values() for route in router.routes if isinstance(route, APIRoute))


def test_every_route_of_a_slice_but_a_few_asks_for_a_credential(routes: tuple[APIRoute, ...]) -> None:
    assert {route.path for route in routes if caller_of not in _dependencies(route.dependant)} == OPEN


def test_the_description_tells_of_every_route(app: FastAPI, routes: tuple[APIRoute, ...]) -> None:
    described = {path.removeprefix(API_PREFIX) for path in app.openapi()["paths"]}
    assert described == {route.path for route in routes}


def test_beside_the_slices_there_is_only_documentation(app: FastAPI) -> None:
    assert {route.path for route in app.routes if isinstance(route, APIRoute | Route | Mount)} == DOCUMENTATION


def test_the_description_tells_which_operations_ask_for_a_credential(app: FastAPI) -> None:
    silent = {path.removeprefix(API_PREFIX) for path, operation in _operations(app) if not operation.get("security")}
    assert silent == OPEN


def test_all_operations_but_the_open_ones_stand_under_one_prefix_and_have_a_tag(app: FastAPI) -> None:
    found = [(path, operation) for path, operation in _operations(app) if path not in OUTSIDE]
    assert [path for path, operation in found if not path.startswith(API_PREFIX) or not operation.get("tags")] == []


def test_every_route_says_what_it_does(routes: tuple[APIRoute, ...]) -> None:
    assert [route.path for route in routes if not inspect.getdoc(route.endpoint)] == []


def test_no_tenant_is_named_by_a_parameter_or_a_body(app: FastAPI) -> None:
    """The tenant comes from the credential alone. Answers tell of it; a new one may be given a name."""
    parameters = [item["name"] for _, operation in _operations(app) for item in operation.get("parameters", ())]
    schemas = app.openapi()["components"]["schemas"].values()
    names = [*parameters, *(name for schema in schemas for name in schema.get("properties", ()))]
    assert {name for name in names if "tenant" in name.lower()} == {"tenant", "tenant_name"}


def _operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((path, operation) for path, found in app.openapi()["paths"].items() for operation in found.values())


def _dependencies(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for child in dependant.dependencies:
        yield from _dependencies(child)
