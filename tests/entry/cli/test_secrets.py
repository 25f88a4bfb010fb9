"""The installation's secret is changed, and nobody has to be given a new key."""

from typing import Any


def test_a_key_outlives_the_secret_it_was_made_under(cli: Any) -> None:
    assert cli("collections", "create", "harbour").exit_code == 0
    assert cli("secrets", "show", "--json").json()["former"] == 0
    for former in (1, 2):
        rotated = cli("secrets", "rotate", "--json")
        assert (rotated.exit_code, rotated.json()["former"]) == (0, former), rotated.err
    listed = cli("collections", "list", "--json")
    assert (listed.exit_code, [item["name"] for item in listed.json()["items"]]) == (0, ["harbour"])
    assert (cli.data_dir / "secrets").stat().st_mode & 0o077 == 0


def test_there_is_nothing_to_change_before_the_first_start(cli: Any) -> None:
    for words in (("rotate",), ("show",)):
        refused = cli("secrets", *words)
        assert refused.exit_code != 0
        assert "no server has begun it" in refused.err
    assert not (cli.data_dir / "secrets").exists()
