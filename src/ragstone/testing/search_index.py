"""The contract of `SearchIndex` as tests: inherit a class per capability and give it an `index` fixture.

    class TestWriting(SearchIndexWriting): ...

with an asynchronous fixture named `index` that yields an empty index. Needs pytest with the anyio plugin.
"""

# ruff: noqa: PLR2004  # Reason: expected values of tests are literals.

import math
import random
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pytest

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.filters import And, Condition, Filter, Not, Op, Or, Scalar
from ragstone.ports.index_canary import prove_isolation
from ragstone.ports.search_index import IndexPoint, IndexQuery, IndexSpace, Plan, SearchIndex
from ragstone.ports.vectors import DenseVector, SparseVector
from ragstone.testing.filters import FieldValue, all_conditions, matches, random_fields, random_filter

DIMENSIONS: Final = 8
SPACE: Final = IndexSpace("tenant_1", "generation_1", DIMENSIONS)
WORDS_ONLY: Final = IndexSpace("tenant_1", "words", 0)


def chunk_id(number: int) -> str:
    """A chunk id; ids sort as their numbers do."""
    return str(uuid.UUID(int=number))


def point(
    number: int,
    *terms: int,
    dense: DenseVector | None = None,
    other: Mapping[str, FieldValue] | None = None,
    **fields: FieldValue,
) -> IndexPoint:
    """A point with the given terms, each of weight 1, and fields; its dense vector is a direction of its own."""
    named = {"document_id": f"doc_{number}", "version_id": f"ver_{number}"} | fields | dict(other or {})
    return IndexPoint(chunk_id(number), direction(number) if dense is None else dense, words(*terms), named)


def words(*terms: int) -> SparseVector:
    """A sparse vector with each term of weight 1, or of its frequency if repeated."""
    counts = Counter(terms)
    return SparseVector(tuple(counts), tuple(float(count) for count in counts.values()))


def direction(seed: int) -> DenseVector:
    """A unit vector that depends on the seed alone."""
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def field_equals(field: str, value: Scalar) -> Condition:
    """The commonest condition."""
    return Condition(field, Op.EQ, value)


async def found(index: SearchIndex, filter_: Filter, space: IndexSpace = SPACE) -> set[int]:
    """The numbers of the points an index finds under a filter."""
    answer = await index.search(space, IndexQuery(direction(0), None, filter_, 1000))
    return {uuid.UUID(hit.chunk_id).int for hit in answer.dense}


class SearchIndexWriting:
    """Upserts, deletions, counts."""

    async def test_a_space_never_written_to_is_empty(self, index: SearchIndex) -> None:
        """Reading makes nothing."""
        answer = await index.search(SPACE, IndexQuery(direction(1), words(1), None, 5))
        assert (answer.dense, answer.lexical, answer.plan) == ((), (), Plan.NONE)
        assert await index.count(SPACE) == 0
        assert await index.facets(SPACE, "tag", None, 5) == ()
        assert await index.scan(SPACE, None, 5) == ()
        await index.delete(SPACE, And(()))
        assert await index.list_spaces() == ()

    async def test_what_was_written_is_seen_by_the_next_call(self, index: SearchIndex) -> None:
        """No refresh is needed."""
        await index.upsert(SPACE, [point(number, 1) for number in range(1, 41)])
        assert await index.count(SPACE) == 40
        assert len((await index.search(SPACE, IndexQuery(None, words(1), None, 100))).lexical) == 40

    async def test_writing_a_chunk_again_replaces_it(self, index: SearchIndex) -> None:
        """Vectors, terms and fields of the earlier point are gone."""
        await index.upsert(SPACE, [point(1, 1, language="en", filename="a")])
        await index.upsert(SPACE, [point(1, 2, language="ar", dense=direction(9))])
        assert await index.count(SPACE) == 1
        assert await index.count(SPACE, Condition("filename", Op.EXISTS, value=True)) == 0
        assert await index.count(SPACE, field_equals("language", "ar")) == 1
        answer = await index.search(SPACE, IndexQuery(direction(9), words(1), None, 5))
        assert answer.dense[0].score == pytest.approx(1.0, abs=1e-3)
        assert answer.lexical == ()

    async def test_writing_nothing_makes_no_space(self, index: SearchIndex) -> None:
        """A space exists from its first point."""
        await index.upsert(SPACE, [])
        assert await index.list_spaces() == ()

    async def test_deleting_a_document_removes_it_from_search(self, index: SearchIndex) -> None:
        """And only it."""
        await index.upsert(SPACE, [point(number, 1, document_id=f"doc_{number % 3}") for number in range(1, 31)])
        for _ in range(2):
            await index.delete(SPACE, field_equals("document_id", "doc_1"))
            assert await index.count(SPACE) == 20
        answer = await index.search(SPACE, IndexQuery(direction(1), words(1), None, 100))
        assert {uuid.UUID(hit.chunk_id).int % 3 for hit in (*answer.dense, *answer.lexical)} == {0, 2}

    async def test_a_write_larger_than_any_message_arrives_whole(self, index: SearchIndex) -> None:
        """However a backend cuts it up."""
        await index.upsert(SPACE, [point(number, 1, filename="x" * 2000) for number in range(1, 301)])
        assert await index.count(SPACE) == 300

    async def test_a_vector_of_another_length_is_refused(self, index: SearchIndex) -> None:
        """It is an error of the caller."""
        with pytest.raises(ValueError, match="dimensions"):
            await index.upsert(SPACE, [point(1, dense=np.ones(DIMENSIONS + 1, np.float32))])


class SearchIndexSearching:
    """Both legs."""

    async def test_the_dense_leg_ranks_by_cosine(self, index: SearchIndex) -> None:
        """With scores as numpy computes them."""
        await index.upsert(SPACE, [point(number) for number in range(1, 101)])
        scores = {chunk_id(number): float(direction(number) @ direction(500)) for number in range(1, 101)}
        best = sorted(scores, key=lambda key: -scores[key])[:10]
        answer = await index.search(SPACE, IndexQuery(direction(500), None, None, 10))
        assert [hit.chunk_id for hit in answer.dense] == best
        assert [hit.score for hit in answer.dense] == pytest.approx([scores[key] for key in best], abs=1e-3)
        assert answer.lexical == ()
        assert answer.plan is not Plan.NONE

    async def test_the_lexical_leg_ranks_rare_words_above_common_ones(self, index: SearchIndex) -> None:
        """Term weight times inverse document frequency; points without a word of the query are no hits."""
        common, rare, other = 1, 4_000_000_000, 3
        await index.upsert(SPACE, [point(number, common) for number in range(1, 20)])
        await index.upsert(
            SPACE, [point(20, rare), point(21, common, rare), point(22, other), point(23, common, common)]
        )
        answer = await index.search(SPACE, IndexQuery(None, words(common, rare), None, 4))
        assert [uuid.UUID(hit.chunk_id).int for hit in answer.lexical] == [21, 20, 23, 1]
        assert answer.lexical[0].score == pytest.approx(answer.lexical[1].score + answer.lexical[3].score, rel=1e-4)
        assert (answer.dense, answer.plan) == ((), Plan.NONE)

    async def test_word_statistics_are_those_of_the_space(self, index: SearchIndex) -> None:
        """What is common with one tenant may be rare with another."""
        elsewhere = IndexSpace("tenant_2", SPACE.generation, DIMENSIONS)
        await index.upsert(SPACE, [*(point(number, 1) for number in range(1, 20)), point(20, 2)])
        await index.upsert(elsewhere, [*(point(number, 2) for number in range(1, 20)), point(20, 1)])
        for space, first in ((SPACE, 2), (elsewhere, 1)):
            answer = await index.search(space, IndexQuery(None, words(first, 3 - first), None, 1))
            assert answer.lexical[0].chunk_id == chunk_id(20)

    async def test_both_legs_obey_the_filter_and_the_limit(self, index: SearchIndex) -> None:
        """Each leg by itself."""
        await index.upsert(SPACE, [point(number, 1, language="en" if number % 2 else "ar") for number in range(1, 41)])
        answer = await index.search(SPACE, IndexQuery(direction(3), words(1), field_equals("language", "ar"), 7))
        assert len(answer.dense) == len(answer.lexical) == 7
        assert all(uuid.UUID(hit.chunk_id).int % 2 == 0 for hit in (*answer.dense, *answer.lexical))

    async def test_equal_scores_come_in_order_of_chunk_id(self, index: SearchIndex) -> None:
        """Also where the limit cuts through them."""
        numbers = list(range(1, 61))
        random.Random(1).shuffle(numbers)  # noqa: S311  # Reason: a shuffle for a test is no secret.
        for number in numbers:
            await index.upsert(SPACE, [point(number, 1, dense=direction(7))])
        answer = await index.search(SPACE, IndexQuery(direction(7), words(1), None, 10))
        expected = [chunk_id(number) for number in range(1, 11)]
        assert [hit.chunk_id for hit in answer.dense] == expected
        assert [hit.chunk_id for hit in answer.lexical] == expected

    async def test_a_space_without_dense_vectors_is_searched_by_words(self, index: SearchIndex) -> None:
        """The dense leg stays empty."""
        await index.upsert(WORDS_ONLY, [IndexPoint(chunk_id(1), None, words(5), {"document_id": "doc_1"})])
        answer = await index.search(WORDS_ONLY, IndexQuery(direction(1), words(5), None, 5))
        assert [hit.chunk_id for hit in answer.lexical] == [chunk_id(1)]
        assert (answer.dense, answer.plan) == ((), Plan.NONE)

    async def test_a_query_without_words_or_with_unknown_ones_finds_nothing_by_words(self, index: SearchIndex) -> None:
        """It is no error."""
        await index.upsert(SPACE, [point(1, 1)])
        for query in (words(), words(99)):
            assert (await index.search(SPACE, IndexQuery(None, query, None, 5))).lexical == ()


class SearchIndexFiltering:
    """The grammar of `ports.filters`, measured against `matches`."""

    @pytest.fixture
    async def filtered(self, index: SearchIndex) -> tuple[SearchIndex, Mapping[int, IndexPoint]]:
        """An index with points of all kinds of fields, and the points by number."""
        chance = random.Random(7)  # noqa: S311  # Reason: test data is no secret.
        points = {number: point(number, 1, other=random_fields(chance)) for number in range(1, 121)}
        await index.upsert(SPACE, list(points.values()))
        return index, points

    async def test_every_operator_on_every_kind_of_field(
        self, filtered: tuple[SearchIndex, Mapping[int, IndexPoint]]
    ) -> None:
        """Each condition finds and counts exactly what it means, and so does its complement."""
        index, points = filtered
        for condition in all_conditions():
            for filter_ in (condition, Not(condition)):
                expected = _expected(filter_, points.values())
                assert await found(index, filter_) == expected, filter_
                assert await index.count(SPACE, filter_) == len(expected), filter_

    async def test_filters_of_any_shape(self, filtered: tuple[SearchIndex, Mapping[int, IndexPoint]]) -> None:
        """The algebra: nested at random, with fixed seeds so that a failure repeats."""
        index, points = filtered
        conditions = list(all_conditions())
        for seed in range(150):
            filter_ = random_filter(random.Random(seed), conditions, 3)  # noqa: S311  # Reason: test data.
            assert await found(index, filter_) == _expected(filter_, points.values()), (seed, filter_)

    async def test_chunk_ids_can_be_filtered(self, filtered: tuple[SearchIndex, Mapping[int, IndexPoint]]) -> None:
        """They are fields, too; what is no chunk's id matches nothing."""
        index, points = filtered
        assert await found(index, Condition("chunk_id", Op.IN, (chunk_id(3), chunk_id(4), "nothing"))) == {3, 4}
        assert await found(index, Condition("chunk_id", Op.NE, chunk_id(3))) == points.keys() - {3}
        assert await found(index, Condition("chunk_id", Op.PREFIX, chunk_id(16)[:-1])) == set(range(16, 32))
        assert await found(index, Condition("chunk_id", Op.EXISTS, value=True)) == points.keys()

    async def test_a_deletion_takes_any_filter(self, filtered: tuple[SearchIndex, Mapping[int, IndexPoint]]) -> None:
        """Nested ones as well."""
        index, points = filtered
        selector = And((Not(field_equals("language", "en")), Condition("size_bytes", Op.GT, 0)))
        await index.delete(SPACE, selector)
        assert await found(index, And(())) == points.keys() - _expected(selector, points.values())

    @pytest.mark.parametrize(
        "condition",
        [
            Condition("language", Op.GT, "en"),
            Condition("size_bytes", Op.PREFIX, 3),
            Condition("owner", Op.EQ, "me"),
            Condition("metadata.", Op.EQ, "me"),
            Condition("language", Op.IN, "en"),
            Condition("language", Op.EQ, ("en",)),
            Condition("size_bytes", Op.LT, value=True),
            Condition("size_bytes", Op.LT, math.nan),
            Condition("language", Op.EXISTS, 1),
        ],
    )
    async def test_what_has_no_exact_answer_is_refused(self, index: SearchIndex, condition: Condition) -> None:
        """Wherever it stands; it is never dropped."""
        await index.upsert(SPACE, [point(1, 1)])
        for filter_ in (condition, Not(Or((And(()), condition)))):
            with pytest.raises(Problem) as refused:
                await index.count(SPACE, filter_)
            assert refused.value.kind is Kind.INVALID


class SearchIndexCounting:
    """Facets and scans."""

    async def test_facets_count_the_values_of_a_field(self, index: SearchIndex) -> None:
        """Most frequent first, each tag of a list by itself, under the filter, and in their own type."""
        await index.upsert(SPACE, [_taggable(number) for number in range(1, 31)])
        assert [(facet.value, facet.count) for facet in await index.facets(SPACE, "tag", None, 2)] == [
            ("all", 30),
            ("even", 15),
        ]
        tags = await index.facets(SPACE, "tag", field_equals("tag", "third"), 10)
        assert {facet.value: facet.count for facet in tags} == {"all": 10, "third": 10, "even": 5}
        years = await index.facets(SPACE, "metadata.year", None, 10)
        assert {facet.value: facet.count for facet in years} == {2020: 15, 2021: 15}
        drafts = await index.facets(SPACE, "metadata.is_draft", None, 10)
        assert {(type(facet.value), facet.value): facet.count for facet in drafts} == {(bool, True): 30}
        assert await index.facets(SPACE, "metadata.unknown", None, 10) == ()

    async def test_a_scan_pages_through_all_points_in_order(self, index: SearchIndex) -> None:
        """Telling of each what `doctor` compares."""
        numbers = list(range(1, 200, 7))
        await index.upsert(SPACE, [point(number, 1) for number in reversed(numbers)])
        pages, after = [], None
        while page := await index.scan(SPACE, after, 10):
            pages.append(page)
            after = page[-1].chunk_id
        entries = [entry for page in pages for entry in page]
        assert [entry.chunk_id for entry in entries] == [chunk_id(number) for number in numbers]
        assert [len(page) for page in pages] == [10, 10, 9]
        assert (entries[1].document_id, entries[1].version_id) == ("doc_8", "ver_8")
        assert await index.scan(SPACE, "ffffffff-ffff-ffff-ffff-ffffffffffff", 10) == ()


class SearchIndexSpaces:
    """Isolation, listing, dropping."""

    async def test_the_canary_is_not_heard_and_leaves_nothing_behind(self, index: SearchIndex) -> None:
        """What a server asks of its index at every start."""
        await prove_isolation(index)
        assert await index.list_spaces() == ()

    async def test_spaces_share_no_points(self, index: SearchIndex) -> None:
        """Neither tenants nor generations do, even under the same chunk ids."""
        spaces = [
            SPACE,
            IndexSpace("tenant_2", "generation_1", 8),
            IndexSpace("tenant_1", "generation_2", 8),
            WORDS_ONLY,
        ]
        for number, space in enumerate(spaces, start=1):
            dense = direction(1) if space.dimensions else None
            await index.upsert(space, [IndexPoint(chunk_id(1), dense, words(number), {"language": f"l{number}"})])
        await index.delete(spaces[1], And(()))
        assert [await index.count(space) for space in spaces] == [1, 0, 1, 1]
        assert [facet.value for facet in await index.facets(spaces[2], "language", None, 9)] == ["l3"]
        assert (await index.search(spaces[0], IndexQuery(None, words(3), None, 9))).lexical == ()

    async def test_spaces_are_listed_until_dropped(self, index: SearchIndex) -> None:
        """With their dimensions; dropping twice is no error, and a dropped space can be written again."""
        await index.upsert(SPACE, [point(1, 1)])
        await index.upsert(WORDS_ONLY, [IndexPoint(chunk_id(1), None, words(1), {})])
        assert set(await index.list_spaces()) == {SPACE, WORDS_ONLY}
        for _ in range(2):
            await index.drop(SPACE)
            assert await index.list_spaces() == (WORDS_ONLY,)
            assert await index.count(SPACE) == 0
        await index.upsert(SPACE, [point(2, 1)])
        assert await found(index, And(())) == {2}

    @pytest.mark.parametrize("name", ["", "..", "a/b", "A", "a b", "a.b", "é"])
    async def test_names_that_could_lead_elsewhere_are_refused(self, index: SearchIndex, name: str) -> None:
        """Names of spaces are words of small letters, digits and underscores."""
        for space in (IndexSpace(name, "generation", 0), IndexSpace("tenant", name, 0)):
            with pytest.raises(ValueError, match="space"):
                await index.drop(space)


def _expected(filter_: Filter, points: Iterable[IndexPoint]) -> set[int]:
    return {uuid.UUID(item.chunk_id).int for item in points if matches(filter_, item.fields)}


def _taggable(number: int) -> IndexPoint:
    tags = ("all", *(["even"] if number % 2 == 0 else []), *(["third"] if number % 3 == 0 else []))
    return point(number, 1, tag=tags, other={"metadata.year": 2020 + number % 2, "metadata.is_draft": True})
