"""What proves who somebody is, opened together: passwords, access tokens, credentials."""

from dataclasses import dataclass

from ragstone.features.accounts.access_tokens import AccessTokens, TokenRules
from ragstone.features.accounts.credentials import Credentials
from ragstone.features.accounts.errands import Errands
from ragstone.features.accounts.passwords import HashCost, Passwords
from ragstone.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Identity:
    """One process's."""

    passwords: Passwords
    tokens: AccessTokens
    credentials: Credentials
    errands: Errands


def open_identity(runtime: Runtime) -> Identity:
    """As the settings have it."""
    auth = runtime.settings.auth
    tokens = AccessTokens(
        runtime.db, runtime.clock, runtime.pepper, TokenRules(auth.issuer, auth.issuer, auth.access_token_s)
    )
    return Identity(
        Passwords(HashCost(auth.hash_memory_kib, auth.hash_passes, auth.hash_lanes, auth.hashes_at_once)),
        tokens,
        Credentials(runtime.db, runtime.clock, runtime.pepper, tokens, runtime.settings.service_tokens),
        Errands(),
    )
