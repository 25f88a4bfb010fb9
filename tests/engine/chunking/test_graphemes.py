import pytest

from ragstone.engine.chunking.graphemes import is_boundary, nearest_boundary

FAMILY = "👨‍👩‍👧‍👦"
THUMB = "👍🏽"
FLAGS = "🇪🇬🇸🇦"
WALES = "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


def boundaries(text: str) -> list[int]:
    return [index for index in range(len(text) + 1) if is_boundary(text, index)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0]),
        ("ab", [0, 1, 2]),
        ("e\u0301a", [0, 2, 3]),
        (FAMILY + "x", [0, 7, 8]),
        (THUMB, [0, 2]),
        (FLAGS, [0, 2, 4]),
        (WALES, [0, len(WALES)]),
        ("مُحَمَّد", [0, 2, 4, 7, 8]),
        ("क्षि", [0, 4]),
        ("\u1112\u1161\u11ab", [0, 3]),
        ("\u06dd12", [0, 2, 3]),
        ("a\r\nb", [0, 1, 3, 4]),
        ("a \u0301", [0, 1, 2, 3]),
    ],
)
def test_clusters_are_kept_whole(text: str, expected: list[int]) -> None:
    assert boundaries(text) == expected


def test_the_nearest_boundary_may_lie_before_or_behind() -> None:
    text = "ab" + FAMILY + "cdefgh"
    assert nearest_boundary(text, 3, 0, len(text)) == 2
    assert nearest_boundary(text, 8, 0, len(text)) == 9


def test_a_single_cluster_has_no_boundary_inside() -> None:
    assert nearest_boundary(FAMILY, 3, 0, len(FAMILY)) is None


def test_a_run_of_marks_no_language_writes_is_cut() -> None:
    text = "e" + "\u0301" * 1000
    assert nearest_boundary(text, 500, 0, len(text)) == 500
