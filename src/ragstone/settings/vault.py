"""Settings from HashiCorp Vault: one secret of a KV engine, version 2, over its HTTP API."""

import ssl
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import httpx2

from ragstone.settings.edge import SecretSettings

_MOST_BYTES: Final = 2**20


class VaultUnreadable(Exception):
    """Why the secret cannot be read. Nothing in it is secret."""


def read_vault(settings: SecretSettings) -> Mapping[str, str]:
    """The keys of the secret with their values. Raises `VaultUnreadable`."""
    headers = {"X-Vault-Request": "true"} | ({"X-Vault-Namespace": settings.namespace} if settings.namespace else {})
    verify = ssl.create_default_context(cafile=str(settings.ca_file)) if settings.ca_file else True
    try:
        with httpx2.Client(
            base_url=f"{settings.url}/v1/", headers=headers, timeout=settings.timeout_s, verify=verify, trust_env=False
        ) as vault:
            token = settings.token.get_secret_value() if settings.token else _log_in(vault, settings)
            vault.headers["X-Vault-Token"] = token
            found = _data(vault.get(f"{settings.mount}/data/{settings.name}"), "data", "data")
    except httpx2.HTTPError as error:
        _fail(f"it does not answer: {error or type(error).__name__}")
    return {str(key): value if isinstance(value, str) else str(value) for key, value in found.items()}


def _log_in(vault: httpx2.Client, settings: SecretSettings) -> str:
    assert settings.secret_id is not None
    role = {"role_id": settings.role_id, "secret_id": settings.secret_id.get_secret_value()}
    return str(_data(vault.post("auth/approle/login", json=role), "auth").get("client_token", ""))


def _data(response: httpx2.Response, *path: str) -> dict[str, Any]:
    """A part of an answer."""
    what = response.request.url.path
    match response.status_code:
        case 200:
            pass
        case 403 | 400:
            _fail(f"{what} is refused: the token or AppRole is not valid, or its policy does not allow it")
        case 404:
            _fail(
                f"there is nothing at {what}; check secrets.mount and secrets.name; the engine has to be KV version 2"
            )
        case 503:
            _fail("it is sealed or in maintenance")
        case status:
            _fail(f"{what} is answered with {status}")
    try:
        found: Any = response.json()
        for step in path:
            found = found[step]
    except (ValueError, LookupError, TypeError):
        found = None
    if not isinstance(found, dict):
        _fail(f"{what} is answered with something else than a secret; is this Vault, and the engine KV version 2?")
    return found


def _fail(reason: str) -> NoReturn:
    raise VaultUnreadable(reason)
