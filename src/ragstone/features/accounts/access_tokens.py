"""Access tokens: short-lived JWTs (RFC 7519, in the profile of RFC 9068), signed by keys that are rotated.

They say who is asking; what the caller may do is read from the store at each request.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from ragstone.db.database import Database
from ragstone.db.deeds import Deed, note
from ragstone.features.accounts import signing_key_store
from ragstone.features.accounts.signing_key_store import SigningKey
from ragstone.kit.clock import Clock
from ragstone.kit.ids import new_id
from ragstone.kit.pepper import Pepper
from ragstone.kit.scope import Scope
from ragstone.kit.seal import seal, unseal

ACCESS: Final = "at+jwt"
SECOND_FACTOR: Final = "second-factor+jwt"

_ALGORITHM: Final = "ES256"
_PURPOSE: Final = "signing_keys"
_MAX_TOKEN: Final = 4096
_MARGIN: Final = timedelta(minutes=5)
_LEEWAY_S: Final = 30


class TokenRefused(Exception):
    """The token is not one of ours, or no longer."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Who tokens are from and for, and how long an access token counts."""

    issuer: str
    audience: str
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says. `key_id` is the key that signed it."""

    key_id: str
    user_id: str
    session_id: str | None
    tenant_id: str | None
    made_at_s: int
    expires_at_s: int


class AccessTokens:
    """Signs tokens and reads them, with the keys of the store."""

    def __init__(self, db: Database, clock: Clock, pepper: Pepper, rules: TokenRules) -> None:
        self._db = db
        self._clock = clock
        self._pepper = pepper
        self.rules = rules
        self._readers: dict[str, ECKey] = {}

    async def sign(self, form: str, claims: Mapping[str, str], lifetime_s: int) -> str:
        """A token of a form, with the newest key; one is made if there is none."""
        key_id, private = await self._newest()
        now_s = int(self._clock.now().timestamp())
        payload = {
            "iss": self.rules.issuer,
            "aud": self.rules.audience,
            "iat": now_s,
            "exp": now_s + lifetime_s,
            "jti": new_id("jwt"),
            **claims,
        }
        return jwt.encode({"alg": _ALGORITHM, "typ": form, "kid": key_id}, payload, private, algorithms=[_ALGORITHM])

    async def read(self, form: str, token: str) -> Claims:
        """What a token of a form says. Whether its key is still believed is asked elsewhere. Raises `TokenRefused`."""
        key_id = _key_id(token)
        reader = self._readers.get(key_id) or await self._load(key_id)
        try:
            decoded = jwt.decode(token, reader, algorithms=[_ALGORITHM])
        except (JoseError, ValueError) as error:
            raise TokenRefused(str(error)) from error
        claims = decoded.claims
        now_s = self._clock.now().timestamp()
        if decoded.header.get("typ") != form:
            raise TokenRefused("typ")
        if claims.get("iss") != self.rules.issuer or claims.get("aud") != self.rules.audience:
            raise TokenRefused("iss or aud")
        expires_at_s, made_at_s = claims.get("exp"), claims.get("iat")
        if not isinstance(expires_at_s, int) or not isinstance(made_at_s, int):
            raise TokenRefused("exp or iat")
        if now_s >= expires_at_s or made_at_s > now_s + _LEEWAY_S:
            raise TokenRefused("expired")
        return Claims(key_id, str(claims.get("sub")), claims.get("sid"), claims.get("tid"), made_at_s, expires_at_s)

    async def rotate(self, scope: Scope, *, believe_old: bool = True) -> str:
        """Sign with a new key from now on; its identifier.

        Tokens of older keys count until they expire, or no longer if these are not to be believed.
        """
        now = self._clock.now()
        lasting = timedelta(seconds=self.rules.lifetime_s) + _MARGIN if believe_old else timedelta()
        async with self._db.transaction_across_tenants() as connection:
            await signing_key_store.lock_signing_keys(connection)
            await signing_key_store.replace_signing_keys(connection, now, now + lasting)
            key = self._make(now)
            await signing_key_store.insert_signing_key(connection, key)
            await note(connection, scope, Deed("rotate_signing_keys", (key.id,)), now)
        return key.id

    async def public_keys(self) -> Sequence[Mapping[str, Any]]:
        """The keys that are believed, as JWKs (RFC 7517)."""
        await self._newest()
        async with self._db.read_across_tenants() as connection:
            return [key.public_jwk for key in await signing_key_store.list_signing_keys(connection, self._clock.now())]

    async def _newest(self) -> tuple[str, ECKey]:
        """The key that signs; one is made where there is none, or none that the pepper of today opens."""
        now = self._clock.now()
        async with self._db.read_across_tenants() as connection:
            signer = self._signer(await signing_key_store.list_signing_keys(connection, now))
        if signer is not None:
            return signer
        async with self._db.transaction_across_tenants() as connection:
            await signing_key_store.lock_signing_keys(connection)
            signer = self._signer(await signing_key_store.list_signing_keys(connection, now))
            if signer is None:
                key = self._make(now)
                await signing_key_store.insert_signing_key(connection, key)
                signer = self._signer([key])
        assert signer is not None
        return signer

    def _signer(self, keys: Sequence[SigningKey]) -> tuple[str, ECKey] | None:
        for key in keys:
            opened = unseal(self._pepper, _PURPOSE, key.id, key.sealed) if key.replaced_at is None else None
            if opened is not None:
                return key.id, ECKey.import_key(json.loads(opened))
        return None

    def _make(self, now: datetime) -> SigningKey:
        key_id = new_id("sig")
        pair = ECKey.generate_key("P-256")
        public = {**pair.as_dict(private=False), "kid": key_id, "alg": _ALGORITHM, "use": "sig"}
        sealed = seal(self._pepper, _PURPOSE, key_id, json.dumps(pair.as_dict(private=True)))
        return SigningKey(key_id, public, sealed, now)

    async def _load(self, key_id: str) -> ECKey:
        async with self._db.read_across_tenants() as connection:
            found = await signing_key_store.list_signing_keys(connection, self._clock.now())
        self._readers = {key.id: ECKey.import_key(dict(key.public_jwk)) for key in found}
        if key_id not in self._readers:
            raise TokenRefused("kid")
        return self._readers[key_id]


def looks_like_a_token(credential: str) -> bool:
    """Whether a credential has the form of a JWT."""
    return credential.startswith("eyJ") and credential.count(".") == 2  # noqa: PLR2004 - header, payload, signature.


def _key_id(token: str) -> str:
    """The key that a token names, before it is believed."""
    if len(token) > _MAX_TOKEN:
        raise TokenRefused("too long")
    head = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise TokenRefused("header") from error
    key_id = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(key_id, str):
        raise TokenRefused("kid")
    return key_id
