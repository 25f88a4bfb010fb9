"""What every `Embedder` must do.

Subclass the suite in a test module, give it the fixture `embedder`, and run pytest with the anyio plugin:

    class TestMyEmbedder(EmbedderContract):
        @pytest.fixture
        def embedder(self) -> Embedder:
            return MyEmbedder()
"""

import asyncio

import numpy as np
import pytest

from ragstone.ports.embedder import Embedder

_TEXTS = (
    "The harbour master logs every arrival.",
    "Tides.",
    "Cargo that is not collected within thirty days is stored at the owner's expense, and sold after ninety.",
    "Le café est fermé 🌊 le lundi.",
)


class EmbedderContract:
    """Texts to unit vectors that depend on nothing but the text."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        raise NotImplementedError

    async def test_the_profile_names_one_generation(self, embedder: Embedder) -> None:
        """The profile does not change, and its sizes are real ones."""
        profile = embedder.profile
        assert profile.dimensions > 0
        assert profile.max_tokens > 0
        await embedder.embed_query("harbour")
        assert embedder.profile.generation == profile.generation

    async def test_a_query_becomes_a_unit_vector(self, embedder: Embedder) -> None:
        """Of the promised size and type."""
        vector = await embedder.embed_query("When does the harbour open?")
        assert vector.shape == (embedder.profile.dimensions,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)

    async def test_passages_become_unit_vectors_in_their_order(self, embedder: Embedder) -> None:
        """Each row is the vector its text has alone."""
        vectors = await embedder.embed_passages(_TEXTS)
        assert vectors.shape == (len(_TEXTS), embedder.profile.dimensions)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
        for text, vector in zip(_TEXTS, vectors, strict=True):
            np.testing.assert_allclose((await embedder.embed_passages([text]))[0], vector, atol=1e-6)

    async def test_no_passages_become_no_vectors(self, embedder: Embedder) -> None:
        """An empty list is nothing special."""
        assert (await embedder.embed_passages([])).shape == (0, embedder.profile.dimensions)

    async def test_equal_passages_get_equal_vectors_whatever_stands_beside_them(self, embedder: Embedder) -> None:
        """Neither the neighbours nor their number nor their order matter."""
        alone = (await embedder.embed_passages(["Tides."]))[0]
        crowded = await embedder.embed_passages([*_TEXTS * 8, "Tides.", *(f"Berth {n}. " * n for n in range(1, 30))])
        np.testing.assert_allclose(crowded[len(_TEXTS) * 8], alone, atol=1e-6)
        np.testing.assert_allclose(crowded[1], alone, atol=1e-6)

    async def test_concurrent_callers_get_their_own_vectors(self, embedder: Embedder) -> None:
        """As if each were alone."""
        alone = [await embedder.embed_query(text) for text in _TEXTS]
        together = await asyncio.gather(*(embedder.embed_query(text) for text in _TEXTS * 5))
        for position, vector in enumerate(together):
            np.testing.assert_allclose(vector, alone[position % len(_TEXTS)], atol=1e-6)

    async def test_a_text_over_the_limit_is_read_up_to_there(self, embedder: Embedder) -> None:
        """It is embedded, not refused."""
        too_long = "harbour " * (2 * embedder.profile.max_tokens)
        (vector,) = await embedder.embed_passages([too_long])
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)

    async def test_tokens_are_ranges_of_code_points_in_order(self, embedder: Embedder) -> None:
        """Ranges do not overlap, and cover every letter."""
        text = " ".join(_TEXTS)
        tokens = embedder.tokenise(text)
        assert len(tokens.offsets) == len(tokens.pieces)
        position = 0
        for start, end in tokens.offsets:
            assert position <= start <= end <= len(text)
            assert not any(character.isalnum() for character in text[position:start])
            position = end
        assert not any(character.isalnum() for character in text[position:])

    async def test_tokenising_never_cuts(self, embedder: Embedder) -> None:
        """All of a text longer than the model reads has tokens."""
        text = "harbour " * (2 * embedder.profile.max_tokens)
        tokens = embedder.tokenise(text)
        assert len(tokens.pieces) > embedder.profile.max_tokens
        assert tokens.offsets[-1][1] >= len(text.rstrip())
