"""From a credential to a scope: API keys, access tokens, service tokens.

What a credential is worth is read from the store at each request, in one statement. Where this process alone writes to
the store it may be remembered, until anything it was read from changes; so whatever is taken away is gone at once.
"""

import hashlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from cachetools import LRUCache

from ragstone.db.database import Database
from ragstone.features.accounts.access_tokens import ACCESS, AccessTokens, Claims, TokenRefused, looks_like_a_token
from ragstone.features.accounts.api_keys import CredentialInvalid, authenticate, check_tenant
from ragstone.features.accounts.permissions import Role, permissions_of
from ragstone.features.accounts.service_tokens import authenticate_service
from ragstone.features.accounts.session import Standing
from ragstone.features.accounts.session_store import find_standing
from ragstone.kit.clock import Clock
from ragstone.kit.pepper import Pepper
from ragstone.kit.problem import Kind, Problem
from ragstone.kit.scope import Scope
from ragstone.settings import ServiceTokenSettings

_TABLES: Final = ("tenants", "users", "memberships", "sessions", "signing_keys", "api_keys")
_REMEMBERED: Final = 10_000
_SERVICE: Final = "service "
"""Stands before service tokens where they are remembered, as the same text is worth nothing as another credential."""

_REMEMBERED_FOR: Final = timedelta(seconds=30)


class SignInRequired(Problem):
    """Only somebody who has signed in may do this, not an API key."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
    code: ClassVar[str] = "sign_in_required"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a credential proves, and in which session, if it is of one."""

    scope: Scope
    session_id: str | None = None

    def session(self) -> str:
        """The session. Raises `SignInRequired`."""
        if self.session_id is None:
            raise SignInRequired
        return self.session_id


@dataclass(frozen=True, slots=True)
class _Remembered:
    proof: Proof
    changes: int
    until: datetime


class Credentials:
    """Proves who is asking."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        pepper: Pepper,
        tokens: AccessTokens,
        services: Mapping[str, ServiceTokenSettings],
    ) -> None:
        self._db = db
        self._clock = clock
        self._pepper = pepper
        self._tokens = tokens
        self._services = services
        self._proofs: MutableMapping[bytes, _Remembered] = LRUCache(_REMEMBERED)
        self._claims: MutableMapping[bytes, Claims] = LRUCache(_REMEMBERED)

    async def prove(self, credential: str | None, service: str | None = None) -> Proof:
        """What a credential proves now; a service token counts where there is no other.

        Raises `CredentialMissing`, `CredentialInvalid`, `TenantSuspended`.
        """
        now, changes = self._clock.now(), self._db.changes.count(_TABLES)
        is_service = bool(service and not credential)
        shown = f"{_SERVICE}{service}" if is_service else credential or ""
        mark = hashlib.sha256(shown.encode()).digest()
        known = self._proofs.get(mark)
        if known is not None and known.changes == changes and now < known.until:
            return known.proof
        if is_service:
            proof, until = Proof(await authenticate_service(self._db, self._services, service or "")), None
        elif credential and looks_like_a_token(credential):
            proof, until = await self._of_token(mark, credential, now)
        else:
            key = await authenticate(self._db, self._pepper, credential, now)
            proof, until = Proof(key.scope), key.until
        if self._db.is_sqlite:
            latest = now + _REMEMBERED_FOR
            self._proofs[mark] = _Remembered(proof, changes, latest if until is None else min(until, latest))
        return proof

    async def _of_token(self, mark: bytes, token: str, now: datetime) -> tuple[Proof, datetime]:
        """What an access token proves, and until when."""
        claims = await self._claims_of(mark, token)
        standing = await self._standing(claims, now)
        proof = Proof(_scope_of(standing), claims.session_id)
        return proof, min(standing.expires_at, _moment(claims.expires_at_s))

    async def _claims_of(self, mark: bytes, token: str) -> Claims:
        """What a token says; it is read once, as what is signed does not change."""
        claims = self._claims.get(mark)
        if claims is not None and self._clock.now() < _moment(claims.expires_at_s):
            return claims
        try:
            claims = await self._tokens.read(ACCESS, token)
        except TokenRefused as error:
            raise CredentialInvalid from error
        self._claims[mark] = claims
        return claims

    async def _standing(self, claims: Claims, now: datetime) -> Standing:
        """What the owner of a token is at this moment."""
        if claims.session_id is None:
            raise CredentialInvalid
        async with self._db.read_across_tenants() as connection:
            standing = await find_standing(connection, claims.session_id, claims.key_id, now)
        if standing is None or standing.user_id != claims.user_id or standing.tenant_id != claims.tenant_id:
            raise CredentialInvalid
        check_tenant(standing.suspended_at, standing.deleted_at)
        return standing


def _scope_of(standing: Standing) -> Scope:
    permissions = permissions_of(Role(standing.role), is_platform_admin=standing.is_platform_admin)
    return Scope(standing.tenant_id, standing.user_id, permissions)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
