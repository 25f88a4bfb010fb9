"""Texts to token ids and to offsets, by the model's own `tokenizer.json`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer

from ragstone.ports.embedder import Tokens

TOKENIZER: Final = "tokenizer.json"


class Tokeniser:
    """A tokenizer that neither cuts nor pads, whatever its file says. It may be used from many threads at once.

    `max_tokens` counts the special tokens. Raises `ValueError` if the file cannot be read as a tokenizer.
    """

    def __init__(self, path: Path, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._tokenizer = _load(path)
        self._unknown = _unknown_token(self._tokenizer)
        self._unknown_id = self._tokenizer.token_to_id(self._unknown)

    def ids(self, text: str) -> Sequence[int]:
        """What the model reads: special tokens included, the text cut so that all fits `max_tokens`."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids if len(ids) <= self._max_tokens else [*ids[: self._max_tokens - 1], ids[-1]]

    def tokens(self, text: str) -> Tokens:
        """The whole text, special tokens left out."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        pieces = [
            self._unknown if number == self._unknown_id else piece
            for number, piece in zip(encoding.ids, encoding.tokens, strict=True)
        ]
        return Tokens(offsets=encoding.offsets, pieces=pieces, unknown=self._unknown)


def _load(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # The library raises nothing more special.
        raise ValueError(str(error)) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _unknown_token(tokenizer: Tokenizer) -> str:
    """WordPiece and BPE name their unknown token, Unigram gives its number."""
    model: Any = tokenizer.model
    number = getattr(model, "unk_id", None)
    name = getattr(model, "unk_token", None) if number is None else tokenizer.id_to_token(number)
    return str(name or "")
