import io

import pytest
from rich.console import Console
from rich.progress import MofNCompleteColumn

from ragstone.entry.cli.follow import Rate
from ragstone.entry.cli.screen import Screen, locale_of, plain, table

ARABIC = "تنظف عدسة المنارة كل صباح 7:30 [1]"


def _screen(*, as_json: bool = False) -> Screen:
    out, err = (
        Console(file=io.StringIO(), width=40, markup=False, emoji=False, highlight=False, force_terminal=False)
        for _ in range(2)
    )
    return Screen(out, err, as_json, "en")


def _written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_arabic_comes_out_in_logical_order_untouched() -> None:
    screen = _screen()
    screen.say(f"{ARABIC} {ARABIC}")
    assert _written(screen.out) == f"{ARABIC} {ARABIC}\n"


def test_what_would_steer_the_terminal_is_replaced() -> None:
    assert plain("a\x1b[2Jb\x9b1mc\rd\ne\tf").plain == "a\ufffd[2Jb\ufffd1mc\ufffdd\ne\tf"


def test_text_is_never_taken_for_markup() -> None:
    screen = _screen()
    screen.say("[bold]x[/bold] :smile: [/] [1]")
    assert _written(screen.out) == "[bold]x[/bold] :smile: [/] [1]\n"


def test_a_table_cuts_nothing_off() -> None:
    screen = _screen()
    screen.out.print(table(("id", "text"), [("doc_1", "word " * 40 + "end"), (None, 3)]))
    assert "end" in _written(screen.out)
    assert "…" not in _written(screen.out)


def test_json_is_all_there_is_on_standard_output() -> None:
    screen = _screen(as_json=True)
    screen.say("for people")
    screen.note("also")
    screen.show({"text": ARABIC}, plain)
    assert _written(screen.out) == f'{{"text": "{ARABIC}"}}\n'
    assert _written(screen.err) == ""


def test_there_are_no_bars_where_there_is_no_terminal() -> None:
    screen = _screen()
    with screen.progress() as progress:
        progress.add_task("uploading", total=1)
    assert _written(screen.err) == ""


def test_a_bar_can_be_drawn_before_anything_is_known() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with Screen(console, console, as_json=False, locale="en").progress(MofNCompleteColumn(), Rate()) as progress:
        bar = progress.add_task("queued", total=None)
        progress.update(bar, completed=3, total=7)
        progress.refresh()
    assert "3/7" in _written(console)


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({}, "en"),
        ({"LANG": "ar_SA.UTF-8"}, "ar"),
        ({"LANG": "ar_SA.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "ar"}, "ar"),
        ({"LANG": "ar", "LC_ALL": ""}, "ar"),
        ({"LANG": "de_DE@euro"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(environment: dict[str, str], locale: str) -> None:
    assert locale_of(environment) == locale
