"""Secrets that have to be read again, sealed before they are stored: a stolen table is useless without the pepper."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ragstone.kit.pepper import Pepper

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # What AES-GCM is made for (NIST SP 800-38D, section 5.2.1.1).


def seal(pepper: Pepper, purpose: str, owner: str, secret: str) -> bytes:
    """`secret` under AES-256-GCM, with a key derived from the pepper for this purpose by HKDF (RFC 5869).

    It opens for the same purpose and `owner` only, so that it is of no use in another row.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(pepper.newest, purpose).encrypt(nonce, secret.encode(), owner.encode())


def unseal(pepper: Pepper, purpose: str, owner: str, sealed: bytes) -> str | None:
    """What was sealed, or None where it was for something else, under an unknown pepper, or has been changed."""
    for accepted in pepper.accepted:
        try:
            opened = _cipher(accepted, purpose).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):
            continue
        return opened.decode()
    return None


def _cipher(pepper: bytes, purpose: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode()).derive(pepper))
