"""`ragstone seed`: the sample corpus, so that there is something to ask."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

import typer

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.collection_names import get_or_create_collection
from ragstone.entry.cli.command import command
from ragstone.entry.cli.files import Source
from ragstone.entry.cli.follow import has_succeeded
from ragstone.entry.cli.ingest import summary
from ragstone.entry.cli.screen import Screen
from ragstone.entry.cli.session import Session
from ragstone.entry.cli.upload import Outcome, settle, upload
from ragstone.samples import SampleDocument, sample_documents

app = typer.Typer()

HANDBOOK: Final = "handbook"


@command(app, "seed")
def seed(session: Session) -> None:
    """Load the sample handbook into the collection `handbook`.

    What is there already is left alone.
    """
    result = session.run(lambda api: plant(api, session.screen))
    session.screen.show(result, summary)
    if not all(map(has_succeeded, result["jobs"])):
        raise typer.Exit(1)


async def plant(api: Api, screen: Screen) -> dict[str, Any]:
    """Upload the sample documents that are missing, and wait until they have been read."""
    home = await get_or_create_collection(api, HANDBOOK)
    present = {item["filename"] async for item in api.iter_items("/documents", collection_id=home["id"])}
    missing = [document for document in sample_documents() if document.name not in present]
    outcome = Outcome()
    for tags, documents in groupby(sorted(missing, key=_tags), key=_tags):
        outcome += await _upload(api, home["id"], tags, list(documents), screen)
    return {"collection": home, **asdict(await settle(api, home["id"], outcome, screen))}


def _tags(document: SampleDocument) -> tuple[str, ...]:
    return document.tags


async def _upload(
    api: Api, collection_id: str, tags: tuple[str, ...], documents: Sequence[SampleDocument], screen: Screen
) -> Outcome:
    sources = [Source.of_bytes(document.name, document.content) for document in documents]
    return await upload(api, collection_id, sources, {"tags": list(tags)}, screen)
