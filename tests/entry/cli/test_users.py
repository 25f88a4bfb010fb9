"""Users from the command line, on a data folder without a server."""

from tests.entry.cli.conftest import Cli


def test_an_operator_makes_a_user_and_keeps_them_out(cli: Cli) -> None:
    made = cli("users", "create", "ada@example.com", "--role", "admin", "--json")
    assert made.exit_code == 0, made.err
    assert made.json()["reset_token"].startswith("pr_")
    again = cli("users", "reset-password", "ada@example.com")
    assert again.exit_code == 0, again.err
    assert "pr_" in again.out
    assert made.json()["reset_token"] not in again.out
    assert cli("users", "disable", "ada@example.com", "--json").json()["disabled_at"]
    listed = cli("users", "list")
    assert "ada@example.com" in listed.out
    assert cli("auth", "rotate-keys", "--json").json()["key_id"].startswith("sig_")
