import pytest

from ragstone.engine.parsing.table_rows import Slot, count_header_rows, iter_row_texts


def test_every_row_carries_its_header_and_leaves_out_what_is_empty() -> None:
    rows = [["Name:", "", "Age"], ["Sara\nAli", "x", "41"], ["Omar", "", " "], ["", "", ""]]
    assert list(iter_row_texts(rows, 1)) == ["Name: Sara Ali | x | Age: 41", "Name: Omar"]


def test_rows_of_a_header_are_joined_and_a_wide_name_holds_for_every_column_below_it() -> None:
    rows: list[list[Slot]] = [
        ["City", "Sales", None],
        ["City", "2023", "2024"],
        ["Cairo", "1", "2"],
        ["all", None, "3"],
    ]
    assert list(iter_row_texts(rows, 2)) == [
        "City: Cairo | Sales 2023: 1 | Sales 2024: 2",
        "City / Sales 2023: all | Sales 2024: 3",
    ]


def test_a_header_alone_is_a_row_like_any_other() -> None:
    assert list(iter_row_texts([["a", "b"]], 1)) == ["a | b"]
    assert list(iter_row_texts([], 0)) == []


def test_a_name_that_no_row_carries_is_kept_by_a_row_of_the_header() -> None:
    assert list(iter_row_texts([["a", "b"], ["1", ""]], 1)) == ["a | b", "a: 1"]


def test_a_cell_as_wide_as_the_table_is_a_title_inside_it() -> None:
    rows: list[list[Slot]] = [["a", "b"], ["Part one", None], ["1", "2"]]
    assert list(iter_row_texts(rows, 1)) == ["Part one", "a: 1 | b: 2"]


def test_a_cell_over_several_columns_has_the_names_of_all_of_them() -> None:
    rows: list[list[Slot]] = [["a", "b", "c"], ["1", "2", None]]
    assert list(iter_row_texts(rows, 1)) == ["a: 1 | b / c: 2"]


def test_a_row_may_be_wider_than_its_header() -> None:
    assert list(iter_row_texts([["a"], ["1", "2"]], 1)) == ["a: 1 | 2"]


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([["Product", "Price"], ["Tea", "4.50"]], 1),
        ([["المنتج", "السعر"], ["شاي", "4.5"]], 1),
        ([["", "Class A", "Class B"], ["R1", "True", ""]], 1),
        ([["Term", "Meaning", "Source"], ["RAG", "retrieval", "paper"]], 1),
        ([["Name", "Sara"], ["City", "Cairo"]], 0),
        ([["1", "Tea"], ["2", "Coffee"]], 0),
        ([["a", "a", "b"], ["1", "2", "3"]], 0),
        ([["Total", "Sum", "All"], ["Total", "x", "y"]], 0),
        ([["Product", "Price"]], 0),
        ([["Only"], ["1"]], 0),
        ([["x" * 100, "Price"], ["Tea", "4"]], 0),
        ([["Region", "2023", "2024"], ["North", "1", "2"]], 1),
        ([["2023", "2024"], ["1", "2"]], 0),
        ([["", "Sales", None], ["City", "net 2023", "net 2024"], ["Cairo", "1", "2"]], 2),
        ([["Unit", "June"], ["", "Sold"], ["Cairo", "1"]], 1),
        ([["Unit", "June", "July"], ["", "sold", "kept"], ["Cairo", "1", "2"]], 2),
        ([["Sales of all", None, None], ["City", "net 2023", "net 2024"], ["Cairo", "1", "2"]], 0),
        ([["", "One", None, "Two", None], ["", "A", "B", "A", "B"], ["R1", "1", "2", "3", "4"]], 2),
        ([["", "One", None], ["R1", "1", "2"], ["R2", "3", "4"]], 0),
        ([["a", "b"], [], ["1", "2"]], 1),
        ([[], [], []], 0),
        ([], 0),
    ],
)
def test_a_header_is_told_from_a_record(rows: list[list[Slot]], count: int) -> None:
    assert count_header_rows(rows) == count
