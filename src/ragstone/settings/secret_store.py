"""Settings from a store of secrets, whichever it is, as one more source beside file and environment."""

import importlib
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_settings import (
    AWSSecretsManagerSettingsSource,
    AWSSystemsManagerSettingsSource,
    AzureKeyVaultSettingsSource,
    BaseSettings,
    EnvSettingsSource,
    GoogleSecretManagerSettingsSource,
)

from ragstone.settings.edge import SecretSettings
from ragstone.settings.vault import VaultUnreadable, read_vault

_EXTRAS: Final = {"aws": "aws", "aws-parameters": "aws", "gcp": "gcp", "azure": "azure"}
_OURS_ALONE: Final = ("vault", "aws", "aws-parameters")
"""Here a secret or path is named that holds settings and nothing else, so that an unknown name is a mistake."""

_DELIMITER: Final = "__"


class SecretStoreUnreadable(Exception):
    """Why no settings can be read from the store."""


def read_store(model: type[BaseSettings], settings: SecretSettings, is_known: Callable[[str], bool]) -> dict[str, Any]:
    """What the store says, nested as the settings are. `is_known` tells names of settings, as `database__url`.

    Raises `SecretStoreUnreadable`.
    """

    def read() -> dict[str, Any]:
        source = _source(model, settings)
        if settings.provider in _OURS_ALONE:
            _check_names(source, is_known)
        return source()

    try:
        return _within(settings.timeout_s, read)
    except ImportError as error:
        extra = _EXTRAS[settings.provider]
        raise SecretStoreUnreadable(f"it needs an extra: pip install 'ragstone[{extra}]'") from error
    except TimeoutError as error:
        raise SecretStoreUnreadable(f"it does not answer within {settings.timeout_s:g} s") from error
    except (SecretStoreUnreadable, VaultUnreadable) as error:
        raise SecretStoreUnreadable(str(error)) from error
    except Exception as error:  # Each of the SDKs has errors of its own, and none of them can be gone on with.
        raise SecretStoreUnreadable(f"{type(error).__name__}: {error}") from error


def _source(model: type[BaseSettings], settings: SecretSettings) -> EnvSettingsSource:
    match settings.provider:
        case "aws":
            return AWSSecretsManagerSettingsSource(
                model,
                settings.name,
                settings.region,
                settings.url,
                case_sensitive=False,
                env_nested_delimiter=_DELIMITER,
            )
        case "aws-parameters":
            path = f"/{settings.name.strip('/')}"
            return AWSSystemsManagerSettingsSource(model, path, settings.region, settings.url, case_sensitive=False)
        case "gcp":
            prefix = f"{settings.name}_"
            return GoogleSecretManagerSettingsSource(
                model, project_id=settings.project, env_prefix=prefix, case_sensitive=False
            )
        case "azure":
            identity = importlib.import_module("azure.identity")
            assert settings.url is not None
            return AzureKeyVaultSettingsSource(
                model,
                settings.url,
                identity.DefaultAzureCredential(),
                dash_to_underscore=True,
                env_prefix=f"{settings.name}--",
            )
        case _:
            return _Given(model, read_vault(settings))


def _check_names(source: EnvSettingsSource, is_known: Callable[[str], bool]) -> None:
    for name in sorted(source.env_vars):
        if not is_known(name.replace("/", _DELIMITER)):
            raise SecretStoreUnreadable(f"{name} in it names no setting; database{_DELIMITER}url would be one")


class _Given(EnvSettingsSource):
    """Values by name, written as in the environment without the prefix."""

    def __init__(self, model: type[BaseSettings], values: Mapping[str, str]) -> None:
        self._values = {name.lower(): value for name, value in values.items()}
        super().__init__(model, case_sensitive=False, env_nested_delimiter=_DELIMITER)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._values


def _within(seconds: float, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What is read, from a thread that is left behind if it takes too long: not every SDK can be given a time."""
    results: queue.SimpleQueue[dict[str, Any] | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            results.put(read())
        except Exception as error:  # noqa: BLE001  # It is raised where the result is waited for.
            results.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(result, Exception):
        raise result
    return result
