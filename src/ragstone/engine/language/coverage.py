"""Whether an embedding model can read a text, judged by the pieces its tokeniser makes of it."""

from typing import Final

from ragstone.ports.embedder import Tokens

_CONTINUATION: Final = "##"  # WordPiece marks with it a piece that goes on from the one before.
_BOUNDARY: Final = "\u2581"  # SentencePiece marks with it a piece that begins a word.
_MAX_UNREADABLE_SHARE: Final = 0.5
_LAST_LATIN: Final = "\u024f"  # The end of the block Latin Extended-B.


def is_covered(tokens: Tokens) -> bool:
    """Whether the model knows most of the text's words.

    A model that has no word of a language falls back to unknown pieces, or to single letters, and its vectors then tell
    texts of that language apart no better than chance. So a text is not covered when more than half of its pieces are
    unknown or single letters of another script than Latin; digits and punctuation do not count. Without pieces that
    count, a text is covered, and so it is where the pieces are an estimate.
    """
    if tokens.is_estimate:
        return True
    n_counted = n_unreadable = 0
    for piece in tokens.pieces:
        letters = piece.removeprefix(_CONTINUATION).removeprefix(_BOUNDARY)
        is_unknown = piece == tokens.unknown
        if is_unknown or any(map(str.isalpha, letters)):
            n_counted += 1
            n_unreadable += is_unknown or (len(letters) == 1 and letters > _LAST_LATIN)
    return n_unreadable <= n_counted * _MAX_UNREADABLE_SHARE
