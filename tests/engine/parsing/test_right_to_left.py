import pytest

from ragstone.engine.parsing.right_to_left import mend_runs


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("أضيئت عام .1891 يبلغ ارتفاع البرج", "أضيئت عام 1891. يبلغ ارتفاع البرج"),
        ("في سنة :2024", "في سنة 2024:"),
        (".1,250 دينارا", "1,250. دينارا"),
        ("لغة Pythonمن الأدوات", "لغة Python من الأدوات"),
        ("وPython لغة", "وPython لغة"),
        ("القيمة 3.5 فقط", "القيمة 3.5 فقط"),
        ("عام 1891م.", "عام 1891م."),
        ("Version .5 is out", "Version .5 is out"),
    ],
)
def test_marks_follow_their_number_and_latin_words_end_in_a_space(read: str, meant: str) -> None:
    assert mend_runs(read) == meant
