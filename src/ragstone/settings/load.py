"""Reads settings from their sources: defaults < file < store of secrets < environment < secret files < flags.

Nothing else reads the environment.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError, TomlConfigSettingsSource

from ragstone.settings.edge import SecretSettings
from ragstone.settings.models import Settings
from ragstone.settings.secret_store import SecretStoreUnreadable, read_store

PREFIX: Final = "RAGSTONE_"
CONFIG_VARIABLE: Final = "RAGSTONE_CONFIG"
CLIENT_VARIABLES: Final = frozenset({"RAGSTONE_URL", "RAGSTONE_API_KEY"})
"""Read by the command line as a client of a remote server; they are no settings of a server."""

_STORE: Final = "secrets."
REDACTED: Final = "••••••••"


class SettingsInvalid(Exception):
    """A setting is unknown or has a bad value. The message names each one, with where it came from."""


def load(flags: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings of this process. `flags` are dotted names with values; None stands for "not given".

    Raises `SettingsInvalid`.
    """
    values = _layers(flags or {}, file)
    nested: dict[str, Any] = {}
    for name, (value, _) in values.items():
        section, _, field = name.rpartition(".")
        (nested.setdefault(section, {}) if section else nested)[field] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_complaints(error, values))) from error


def explain(
    settings: Settings, flags: Mapping[str, Any] | None = None, file: Path | None = None
) -> list[tuple[str, str, str]]:
    """Every setting as (dotted name, value with secrets redacted, where it came from)."""
    values = _layers(flags or {}, file)
    return [(name, _shown(value), _source(name, values)) for name, value in _leaves(settings)]


def _layers(flags: Mapping[str, Any], file: Path | None) -> dict[str, tuple[Any, str]]:
    """Values by dotted name, each with its source; later sources win."""
    path = file or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    weaker = _from_file(path) if path else {}
    stronger = {
        **_from_environment(),
        **_from_secret_files(),
        **{name: (value, "flag") for name, value in flags.items() if value is not None},
    }
    return {**weaker, **_from_store({**weaker, **stronger}), **stronger}


def _from_file(path: Path) -> dict[str, tuple[Any, str]]:
    if not path.is_file():
        raise SettingsInvalid(f"There is no settings file at {path}.")
    try:
        table = TomlConfigSettingsSource(Settings, toml_file=path)()
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"The settings file {path} cannot be read: {error}.") from error
    return {name: (value, f"file {path}") for name, value in _flat(table)}


def _from_environment() -> dict[str, tuple[Any, str]]:
    """`RAGSTONE_<SECTION>__<FIELD>`."""
    known = set(_names())
    for variable in sorted(os.environ):
        if variable.startswith(PREFIX) and variable != CONFIG_VARIABLE and variable not in CLIENT_VARIABLES:
            name = _name(variable)
            if not _is_known(name, known) and name.removesuffix("_file") not in known:
                raise SettingsInvalid(f"{variable} names no setting; `ragstone settings show` lists them all.")
    source = EnvSettingsSource(Settings, env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True)
    try:
        values = dict(_flat(source()))
    except SettingsError as error:
        raise SettingsInvalid(f"{error}.") from error
    return {name: (value, f"environment {_variable(name)}") for name, value in values.items() if _is_known(name, known)}


def _from_secret_files() -> dict[str, tuple[Any, str]]:
    """`RAGSTONE_<SECTION>__<FIELD>_FILE` names a file that holds the value."""
    values: dict[str, tuple[Any, str]] = {}
    for name in _names():
        variable = f"{_variable(name)}_FILE"
        if path := os.environ.get(variable):
            try:
                values[name] = (Path(path).read_text("utf-8").strip(), f"environment {variable}")
            except OSError as error:
                raise SettingsInvalid(f"{variable} names {path}, which cannot be read: {error.strerror}.") from error
    return values


def _from_store(values: Mapping[str, tuple[Any, str]]) -> dict[str, tuple[Any, str]]:
    """What the store of secrets holds that the other sources name, if they name one."""
    named = {name.removeprefix(_STORE): value for name, (value, _) in values.items() if name.startswith(_STORE)}
    try:
        store = SecretSettings.model_validate(named)
    except ValidationError:
        return {}  # What is wrong with it is told when all settings are checked.
    if store.provider == "none":
        return {}
    known = {name.replace(".", "__") for name in _names() if not name.startswith(_STORE)}
    try:
        found = read_store(Settings, store, lambda name: _is_in(name, known))
    except SecretStoreUnreadable as error:
        raise SettingsInvalid(f"No settings can be read with secrets.provider={store.provider}: {error}.") from error
    return {name: (value, f"secrets store {store.provider}") for name, value in _flat(found)}


def _is_in(name: str, known: Collection[str]) -> bool:
    return name in known or name.partition("__")[0] in known


def _is_known(name: str, known: Collection[str]) -> bool:
    """Whether it names a setting, or something inside a setting that holds others by name."""
    return name in known or name.partition(".")[0] in known


def _source(name: str, values: Mapping[str, tuple[Any, str]]) -> str:
    """Where a value comes from: its own source, or that of the whole it is a part of."""
    while name and name not in values:
        name = name.rpartition(".")[0]
    return values[name][1] if name else "default"


def _name(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower().replace("__", ".", 1)


def _variable(name: str) -> str:
    return PREFIX + name.upper().replace(".", "__")


def _names() -> Iterator[str]:
    return (name for name, _ in _leaves(Settings()))


def _leaves(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in type(section).model_fields:
        value = getattr(section, field)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{prefix}{field}.")
        elif isinstance(value, dict) and value:
            for name, item in value.items():
                yield from _leaves(item, f"{prefix}{field}.{name}.")
        else:
            yield f"{prefix}{field}", value


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and not prefix:
            yield from _flat(value, f"{name}.")
        else:
            yield f"{prefix}{name}", value


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return REDACTED
    return "" if value is None else str(value)


def _complaints(error: ValidationError, values: Mapping[str, tuple[Any, str]]) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in item["loc"])
        reason = item["msg"].removeprefix("Value error, ")
        yield f"Setting {name} (from {_source(name, values)}): {reason}." if name else f"Settings: {reason}."
