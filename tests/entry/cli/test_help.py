"""Everything the command line takes is explained by the command line itself."""

from collections.abc import Iterator

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from ragstone import __version__
from ragstone.entry.cli.main import app

Words = tuple[str, ...]


def _commands() -> Iterator[tuple[Words, TyperCommand | TyperGroup]]:
    waiting: list[tuple[Words, object]] = [((), get_command(app))]
    while waiting:
        words, found = waiting.pop()
        assert isinstance(found, TyperCommand | TyperGroup)
        yield words, found
        if isinstance(found, TyperGroup):
            waiting += [((*words, name), command) for name, command in found.commands.items()]


COMMANDS = dict(_commands())


def test_every_command_of_the_contract_is_there() -> None:
    names = {" ".join(words) for words in COMMANDS}
    assert names >= {
        *("serve", "ingest", "search", "ask", "seed", "reset", "doctor", "migrate", "tour"),
        *(f"collections {verb}" for verb in ("list", "create", "show", "delete")),
        *(f"documents {verb}" for verb in ("list", "show", "text", "chunks", "label", "delete")),
        *(f"jobs {verb}" for verb in ("list", "show", "watch", "cancel", "retry")),
        *(f"keys {verb}" for verb in ("list", "create", "rotate", "revoke")),
        *(f"members {verb}" for verb in ("list", "invite", "role", "remove")),
        *(f"tenants {verb}" for verb in ("list", "create", "suspend", "resume", "delete")),
        *(f"models {verb}" for verb in ("install", "list", "check", "test")),
        *(f"users {verb}" for verb in ("list", "create", "reset-password", "disable", "enable")),
        "auth rotate-keys",
        "settings show",
    }


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_documents_every_option(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    command = COMMANDS[words]
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} is not documented"
        assert all(option in shown.output for option in parameter.opts if option.startswith("-"))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_the_shared_options(words: Words) -> None:
    command = COMMANDS[words]
    if words and isinstance(command, TyperGroup):
        return
    given = {option for parameter in command.params for option in parameter.opts}
    assert given >= {"--data-dir", "--config", "--url", "--key", "--json", "--debug"}


def test_the_version_is_told_without_a_command() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"ragstone {__version__}\n"
