"""Texts meant to break out of where they are put: none is executed, none comes back as more than data, none fails."""

import json
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from tests.fuzz.payloads import IS_WHOLE, OURS, PUBLISHED, published
from tests.fuzz.places import ENDLESS, Place, Places
from tests.fuzz.world import SECRET_TEXT, STRANGER, World
from tests.journeys.api import Api

from ragstone.features.accounts.permissions import Role

PLACES: Final = Places(json.loads((Path(__file__).parents[2] / "openapi.json").read_text("utf-8")))
CLASSES: Final = [name for name in OURS if name != "header"]
DATA_TYPES: Final = ("application/json", "application/problem+json", "text/plain; charset=utf-8", "text/event-stream")
GIVEN_AWAY: Final = (SECRET_TEXT, "root:x:0:0", "uid=0(", "[boot loader]", "for 16-bit app support", "secret_hash")
"""What an answer would hold if a payload had been executed, or had reached another tenant."""
SPACING: Final = 1 if IS_WHOLE else 4
"""Each text goes to every so many places, the next text to those beside them."""


@pytest.mark.timeout(7200 if IS_WHOLE else 120)
@pytest.mark.parametrize("name", OURS)
def test_our_own_payloads_are_only_text(world: World, name: str) -> None:
    try_everywhere(world, [text for text in OURS[name] if text])


@pytest.mark.timeout(7200 if IS_WHOLE else 120)
@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published payloads are not at hand")
@pytest.mark.parametrize("name", CLASSES)
def test_published_payloads_are_only_text(world: World, name: str) -> None:
    try_everywhere(world, published(name))


def try_everywhere(world: World, texts: list[str]) -> None:
    with world.api(STRANGER) as stranger, world.api(Role.ADMIN) as api:
        before = view(stranger)
        n_around = len(list(world.data_dir.parent.iterdir()))
        known: dict[str, str] = {}
        for number, place in enumerate(place for place in PLACES if (place.method, place.path) != ENDLESS):
            for text in texts[number % SPACING :: SPACING]:
                known = known or world.known_ids()
                send(api, place, text, known)
                if place.method == "DELETE" or "delete" in place.path or "merge" in place.path:
                    known = {}
        assert view(stranger) == before
        assert len(list(world.data_dir.parent.iterdir())) == n_around, "a file was made beside the data folder"


def send(api: Api, place: Place, text: str, known: dict[str, str]) -> None:
    path, options = PLACES.request(place, text, known)
    try:
        response = api.send(place.method, path, **options)
    except (httpx2.LocalProtocolError, httpx2.InvalidURL):
        return  # This client cannot even say it.
    said = f"{place}: {text!r}: {response.status_code} {response.text[:500]}"
    assert not response.is_server_error, said
    kind = response.headers.get("Content-Type", "")
    is_download = response.headers.get("Content-Disposition", "").startswith("attachment;")
    assert kind in DATA_TYPES or is_download or not response.content, said
    assert not any(given in response.text for given in GIVEN_AWAY if given not in text), said
    assert not any(text in value for value in response.headers.values() if len(text) > len("{{7*7}}")), said
    assert "Set-Cookie" not in response.headers, said
    assert "Location" not in response.headers, said


def view(api: Api) -> list[Any]:
    """All that the other tenant sees."""
    lists = [list(api.pages(path)) for path in ("/collections", "/documents", "/jobs")]
    return [*lists, api.found("harbour", mode="lexical")]


def test_a_file_name_comes_back_as_a_name(world: World) -> None:
    with world.api(Role.ADMIN) as api:
        collection_id = api.collection("names")
        for text in (text for texts in OURS.values() for text in texts):
            receipt = api.upload(collection_id, (text, b"The ruff rests."))
            document = receipt["documents"][0]
            response = api.send("GET", f"/documents/{document['id']}/content")
            assert response.content == b"The ruff rests."
            assert response.headers["Content-Disposition"].isprintable()
            assert not set("/\\\r\n\0") & set(document["filename"])
