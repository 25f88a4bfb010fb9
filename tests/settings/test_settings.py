"""Settings: where they come from, which source wins, what stops a start."""

from pathlib import Path

import pytest

from ragstone.settings import SettingsInvalid, explain, load


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAGSTONE_CONFIG", "RAGSTONE_DATA_DIR", "RAGSTONE_HTTP__PORT", "RAGSTONE_AUTH__BOOTSTRAP_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_suit_one_machine() -> None:
    settings = load()
    assert (settings.http.host, settings.http.port, settings.database.url) == ("127.0.0.1", 8080, None)


def test_flags_beat_the_environment_which_beats_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "ragstone.toml"
    file.write_text('data_dir = "/from/file"\n[http]\nport = 1\nhost = "::1"\n[log]\nlevel = "debug"\n')
    monkeypatch.setenv("RAGSTONE_HTTP__PORT", "2")
    monkeypatch.setenv("RAGSTONE_HTTP__HOST", "0.0.0.0")
    flags = {"http.port": 3, "log.format": None}
    settings = load(flags, file)
    assert (settings.http.port, settings.http.host, settings.log.level) == (3, "0.0.0.0", "debug")
    sources = {name: source for name, _, source in explain(settings, flags, file)}
    assert sources["http.port"] == "flag"
    assert sources["http.host"] == "environment RAGSTONE_HTTP__HOST"
    assert sources["data_dir"] == f"file {file}"
    assert sources["log.format"] == "default"


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("RAGSTONE_HTTP__PORT", "99999", "http.port"),
        ("RAGSTONE_HTTP__PORT", "many", "RAGSTONE_HTTP__PORT"),
        ("RAGSTONE_HTTP__PROT", "1", "RAGSTONE_HTTP__PROT"),
        ("RAGSTONE_AUTH__BOOTSTRAP_KEY", "short", "auth.bootstrap_key"),
        ("RAGSTONE_EMBEDDING__PROVIDER", "magic", "embedding.provider"),
        ("RAGSTONE_AUTH__BOOTSTRAP_KEY_FILE", "/nowhere/key", "RAGSTONE_AUTH__BOOTSTRAP_KEY_FILE"),
        ("RAGSTONE_CONFIG", "/nowhere/ragstone.toml", "/nowhere/ragstone.toml"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalid, match=named.replace(".", r"\.")):
        load()


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ragstone.toml"
    file.write_text("[http]\nprot = 1\n")
    with pytest.raises(SettingsInvalid, match=r"http\.prot"):
        load(file=file)


def test_a_secret_comes_from_a_file_and_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "rs_" + "s" * 40
    (tmp_path / "key").write_text(f"{secret}\n")
    monkeypatch.setenv("RAGSTONE_AUTH__BOOTSTRAP_KEY_FILE", str(tmp_path / "key"))
    settings = load()
    assert settings.auth.bootstrap_key is not None
    assert settings.auth.bootstrap_key.get_secret_value() == secret
    assert secret not in repr(settings)
    assert secret not in str(explain(settings))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().http.port = 1  # type: ignore[misc]  # The type checker knows it too.
