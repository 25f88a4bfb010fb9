"""A scope for some collections: others' documents, versions, jobs and names do not exist in it."""

from dataclasses import replace

import pytest
from tests.features.jobs.steps import SetClock, add

from ragstone.db.database import Database
from ragstone.features.accounts.permissions import ScopeTooNarrow
from ragstone.features.collections.collection import CollectionDraft, CollectionNotFound
from ragstone.features.collections.create import create_collection, get_or_create_default
from ragstone.features.collections.delete import delete_collection
from ragstone.features.collections.read import get_collection, list_collections, select_collections
from ragstone.features.jobs.job import JobNotFound
from ragstone.features.jobs.read import get_job, list_jobs
from ragstone.kit.scope import Scope


async def test_only_the_collections_of_the_list_are_there(db: Database, scope: Scope) -> None:
    clock = SetClock()
    shown, hidden = [await create_collection(db, None, clock, scope, CollectionDraft(name)) for name in ("a", "b")]
    narrow = replace(scope, collection_ids=frozenset({shown.id}))
    assert (await list_collections(db, narrow, cursor=None, limit=9)).items == (shown,)
    assert await select_collections(db, narrow, None) == (shown,)
    for refused in (get_collection(db, narrow, hidden.id), delete_collection(db, clock, narrow, hidden.id)):
        with pytest.raises(CollectionNotFound):
            await refused
    assert await select_collections(db, replace(scope, collection_ids=frozenset()), None) == ()


async def test_whoever_could_not_see_a_collection_cannot_make_it(db: Database, scope: Scope) -> None:
    clock = SetClock()
    narrow = replace(scope, collection_ids=frozenset({"col_some"}))
    with pytest.raises(ScopeTooNarrow):
        await create_collection(db, None, clock, narrow, CollectionDraft("new"))
    await get_or_create_default(db, None, clock, scope)
    with pytest.raises(ScopeTooNarrow):
        await get_or_create_default(db, None, clock, narrow)


async def test_only_jobs_in_the_collections_of_the_list_are_there(db: Database, scope: Scope) -> None:
    clock = SetClock()
    shown = await add(db, scope, clock, collection_id="col_shown")
    hidden = await add(db, scope, clock, collection_id="col_hidden")
    nowhere = await add(db, scope, clock)
    narrow = replace(scope, collection_ids=frozenset({"col_shown"}))
    assert [job.id for job in (await list_jobs(db, narrow, limit=9)).items] == [shown.id]
    for job in (hidden, nowhere):
        with pytest.raises(JobNotFound):
            await get_job(db, narrow, job.id)
