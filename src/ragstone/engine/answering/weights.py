"""The fixed weights of the extractive answerer. One set serves every collection; nothing is learned from a tenant.

They were fitted once, by logistic regression over questions with and without the answering passage, and rounded.
The features are those of `evidence` and `extractive`; unless it says otherwise, a feature lies between 0 and 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Weights:
    """How a sentence is scored as an answer, and how the evidence for the best one is.

    An answer is given if the evidence reaches `enough`, which trades wrong answers against needless refusals.
    """

    sentence: Mapping[str, float]
    evidence: Mapping[str, float]
    enough: float


WORDS_ALONE: Final = Weights(
    sentence={
        "in_sentence": 6.6,  # The question's weight found in the sentence itself,
        "in_title": 6.2,  # what title and headings add to it,
        "in_neighbours": 6.3,  # what the sentences beside it add,
        "in_passage": 3.0,  # and the rest of the passage.
        "share_of_terms": 4.5,  # The share of terms in sentence or title, each counting alike.
        "largest_gap": 1.9,  # Many small gaps are worse than one large one, which is often the word answered.
        "title_named": 2.2,  # The share of the title that the question names.
        "source_rank": 1.9,  # 1 for the first source, 1/2 for the second …
        "is_opening": 0.7,  # The passage's first sentence introduces what it is about.
        "is_short": -0.4,
        "offers_number": 2.4,  # The sentence holds the kind of thing that was asked for.
        "offers_date": 2.5,
        "offers_person": 1.9,
        "offers_place": 1.6,
        "offers_reason": 0.8,
    },
    evidence={
        "best_passage": 2.1,  # The most of the question's weight found in one source.
        "share_of_terms": 1.7,
        "adjacent_pairs": 1.7,  # The share of neighbouring question terms that stand together in the sentence.
        "in_neighbours": 1.5,
        "title_match": 1.0,  # The title is what the question is about, and is all of it.
        "is_first_source": 0.6,
        "lead": 0.45,  # By how much, 0 to 4, the sentence's score beats the best one of any other source.
    },
    enough=4.4,
)

WORDS_AND_MEANING: Final = Weights(
    sentence={
        "in_sentence": 3.8,
        "in_title": 3.6,
        "in_neighbours": 4.6,
        "in_passage": 1.2,
        "share_of_terms": 3.1,
        "title_named": 1.4,
        "source_rank": 1.2,
        "is_opening": 0.6,
        "is_short": -0.3,
        "offers_number": 2.5,
        "offers_date": 3.0,
        "offers_person": 2.2,
        "offers_place": 1.0,
        "offers_reason": 1.5,
        "similarity": 7.4,  # The cosine of question and sentence, -1 to 1.
    },
    evidence={
        "best_passage": 1.7,
        "share_of_terms": 1.3,
        "adjacent_pairs": 1.0,
        "in_neighbours": 1.4,
        "title_match": -1.4,  # The similarity, which includes the title, has counted it already.
        "lead": 0.45,
        "similarity": 1.4,
        "best_similarity": 6.5,
    },
    enough=7.9,
)
