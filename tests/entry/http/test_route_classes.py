"""Every operation has the class its work belongs to."""

import pytest

from ragstone.entry.http.app import create_app
from ragstone.entry.http.route_classes import route_class_of
from ragstone.features.accounts.limits import RouteClass

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def operations() -> dict[str, RouteClass]:
    paths = create_app().openapi()["paths"]
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": route_class_of(method.upper(), path)
        for path, found in paths.items()
        for method in METHODS
        if method in found
    }


def test_what_only_reads_is_read_and_what_changes_is_not(operations: dict[str, RouteClass]) -> None:
    reading = {RouteClass.READ, RouteClass.SEARCH, RouteClass.AUTH}
    assert [name for name, found in operations.items() if name.startswith("GET") and found not in reading] == []
    posts = {name for name, found in operations.items() if found is RouteClass.READ and not name.startswith("GET")}
    assert posts == {"POST /citations/verify", "POST /collections/{collection_id}/embedding/estimate"}


@pytest.mark.parametrize(
    ("route_class", "names"),
    [
        (RouteClass.SEARCH, {"POST /search"}),
        (RouteClass.ANSWER, {"POST /answers"}),
        (
            RouteClass.INGEST,
            {"POST /ingest", "POST /collections/{collection_id}/documents", "PUT /documents/{document_id}/content"},
        ),
    ],
)
def test_what_takes_long_is_told_by_name(
    operations: dict[str, RouteClass], route_class: RouteClass, names: set[str]
) -> None:
    assert {name for name, found in operations.items() if found is route_class} == names


def test_signing_in_is_a_class_of_its_own() -> None:
    assert route_class_of("POST", "/api/v1/auth/login") is RouteClass.AUTH
    assert route_class_of("GET", "/api/v1/authors") is RouteClass.READ
