"""Settings to options, and texts to estimated tokens."""

import pytest

from ragstone.backends.embed_openai.known_models import KNOWN_MODELS
from ragstone.backends.embed_openai.options import options_of
from ragstone.backends.embed_openai.problems import EmbedderNotConfigured
from ragstone.backends.embed_openai.tokenise import estimate_tokens
from ragstone.engine.language.coverage import is_covered
from ragstone.settings import EmbeddingSettings

ARABIC = "يسجل مدير الميناء كل سفينة تصل إلى المرسى قبل غروب الشمس."
CHINESE = "港务长记录每一艘到港的船只。"
RUSSIAN = "Начальник порта записывает каждое прибытие."


def settings(**values: object) -> EmbeddingSettings:
    return EmbeddingSettings.model_validate({"provider": "openai", **values})


def test_a_known_model_needs_nothing_but_a_key() -> None:
    options = options_of(settings(model="text-embedding-3-large", api_key="sk-x"))
    assert (options.url, options.known_dimensions, options.max_tokens) == (
        "https://api.openai.com/v1/embeddings",
        3072,
        8192,
    )
    assert options.dimensions is None
    assert "sk-x" not in repr(options)


def test_gemini_takes_a_hundred_texts_at_once() -> None:
    assert options_of(settings(model="gemini-embedding-001", api_key="x")).batch_inputs == 100


@pytest.mark.parametrize("name", ["nomic-embed-text", "nomic-embed-text:latest", "nomic-ai/nomic-embed-text-v1.5"])
def test_a_model_is_known_by_each_of_its_names(name: str) -> None:
    options = options_of(settings(model=name, base_url="http://localhost:11434/v1/"))
    assert (options.query_prefix, options.passage_prefix) == ("search_query: ", "search_document: ")
    assert options.host == "localhost:11434"


def test_what_is_set_comes_before_what_is_known() -> None:
    chosen = settings(model="nomic-embed-text", base_url="http://h/v1/embeddings", query_prefix="", batch_inputs=7)
    options = options_of(chosen)
    assert (options.query_prefix, options.batch_inputs, options.url) == ("", 7, "http://h/v1/embeddings")


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({}, "embedding.model"),
        ({"model": "my-model"}, "embedding.base_url"),
        ({"model": "my-model", "base_url": "localhost:8000"}, "embedding.base_url"),
        ({"model": "text-embedding-3-small"}, "embedding.api_key"),
    ],
)
def test_what_is_missing_is_named(values: dict[str, object], setting: str) -> None:
    with pytest.raises(EmbedderNotConfigured) as caught:
        options_of(settings(**values))
    assert caught.value.facts["setting"] == setting


def test_an_address_is_named_without_the_credentials_in_it() -> None:
    options = options_of(settings(model="m", base_url="https://user:password@host:8/v1"))
    assert (options.host, options.identity) == ("host:8", "m at https://host:8/v1")


@pytest.mark.parametrize("text", [ARABIC, CHINESE, RUSSIAN, "水", "Tides."])
def test_a_multilingual_model_is_trusted_with_any_language(text: str) -> None:
    assert is_covered(estimate_tokens(text, is_multilingual=True))


def test_an_english_model_is_trusted_with_latin_script_alone() -> None:
    trusted = [
        is_covered(estimate_tokens(text, is_multilingual=False)) for text in (ARABIC, CHINESE, RUSSIAN, "Tides.")
    ]
    assert trusted == [False, False, False, True]


@pytest.mark.parametrize(
    ("text", "least", "most"), [(ARABIC, 1.5, 3.0), (RUSSIAN, 2.0, 3.5), ("The tide comes.", 1, 1.5)]
)
def test_a_word_is_estimated_at_what_tokenizers_make_of_it(text: str, least: float, most: float) -> None:
    assert least <= len(estimate_tokens(text, is_multilingual=True).pieces) / len(text.split()) <= most


def test_every_known_model_has_a_size() -> None:
    assert all(model.dimensions and model.max_tokens for model in KNOWN_MODELS.values())
