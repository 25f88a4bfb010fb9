from ragstone.engine.ranking.dedupe import DistinctHit, dedupe
from ragstone.engine.ranking.hits import RankedHit

PARAGRAPH = " ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyzäöüß") + " end of it"


def hits(*texts: str) -> tuple[list[RankedHit], dict[str, str]]:
    found = [RankedHit(f"c{number}", -float(number), None, None) for number in range(len(texts))]
    return found, {hit.chunk_id: text for hit, text in zip(found, texts, strict=True)}


def test_equal_texts_leave_the_best_and_name_the_others() -> None:
    found, texts = hits("Net 30 days.", "Other", "net  30\ndays.", "NET 30 days.")
    assert dedupe(found, texts) == (DistinctHit(found[0], ("c2", "c3")), DistinctHit(found[1]))


def test_texts_that_differ_in_a_word_or_two_are_duplicates() -> None:
    found, texts = hits(PARAGRAPH, PARAGRAPH + " indeed")
    assert dedupe(found, texts) == (DistinctHit(found[0], ("c1",)),)


def test_texts_that_differ_in_a_number_are_not() -> None:
    found, texts = hits(PARAGRAPH + " 2023", PARAGRAPH + " 2024")
    assert dedupe(found, texts) == tuple(map(DistinctHit, found))


def test_texts_that_share_only_a_part_are_not() -> None:
    found, texts = hits(PARAGRAPH, PARAGRAPH + " and then a good deal more is said about other things", "Short", "Tiny")
    assert dedupe(found, texts) == tuple(map(DistinctHit, found))


def test_a_lower_resemblance_suppresses_more() -> None:
    found, texts = hits(PARAGRAPH, PARAGRAPH + " and then a good deal more is said about other things")
    assert len(dedupe(found, texts, min_resemblance=0.5)) == 1


def test_no_hits_stay_none() -> None:
    assert dedupe((), {}) == ()


def test_only_as_many_as_asked_for_are_looked_for() -> None:
    found, texts = hits("One", "one", "Two", "Three", "One")
    assert dedupe(found, texts, limit=2) == (DistinctHit(found[0], ("c1",)), DistinctHit(found[2]))


def test_texts_without_words_are_equal() -> None:
    found, texts = hits("", " ")
    assert dedupe(found, texts) == (DistinctHit(found[0], ("c1",)),)
