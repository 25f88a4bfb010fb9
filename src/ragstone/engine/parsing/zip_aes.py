"""Members of a zip file under AES, as WinZip introduced it and most programs write it (the AE-x specification).

The key comes from the password by PBKDF2; the cipher counts up from 1 in little-endian order, which no library calls a
mode, so its key stream is made of single blocks; a checksum over what is encrypted tells damage from a wrong password.
"""

import hmac
import struct
from hashlib import pbkdf2_hmac, sha1
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

_FIELD: Final = 0x9901
_FIELD_HEAD: Final = struct.Struct("<HH")
_FIELD_BODY: Final = struct.Struct("<H2sBH")
_KEY_BYTES: Final = {1: 16, 2: 24, 3: 32}
_VERIFIER_BYTES: Final = 2
_CHECKSUM_BYTES: Final = 10
_ITERATIONS: Final = 1000
_BLOCK_BYTES: Final = 16


def decrypt(extra: bytes, data: bytes, password: bytes) -> tuple[int, bytes] | None:
    """The packing method of a member and its packed bytes, or None if it is not the password.

    `extra` are its extra fields, `data` the bytes as they stand in the file. Raises `ValueError` for damaged ones.
    """
    strength, method = _parameters(extra)
    key_bytes = _KEY_BYTES[strength]
    salt_end = key_bytes // 2
    encrypted = data[salt_end + _VERIFIER_BYTES : -_CHECKSUM_BYTES]
    if len(data) < salt_end + _VERIFIER_BYTES + _CHECKSUM_BYTES:
        raise ValueError("a member too short")
    keys = pbkdf2_hmac("sha1", password, data[:salt_end], _ITERATIONS, 2 * key_bytes + _VERIFIER_BYTES)
    if keys[2 * key_bytes :] != data[salt_end : salt_end + _VERIFIER_BYTES]:
        return None
    checksum = hmac.new(keys[key_bytes : 2 * key_bytes], encrypted, sha1).digest()[:_CHECKSUM_BYTES]
    if not hmac.compare_digest(checksum, data[-_CHECKSUM_BYTES:]):
        raise ValueError("a member that was changed")
    return method, apply_cipher(keys[:key_bytes], encrypted)


def apply_cipher(key: bytes, data: bytes) -> bytes:
    """Encrypts what is plain and decrypts what is not."""
    counters = np.zeros((-(-len(data) // _BLOCK_BYTES), 2), dtype="<u8")
    counters[:, 0] = np.arange(1, len(counters) + 1)
    cipher = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - single blocks of a counter, not of a text.
    stream = np.frombuffer(cipher.update(counters.tobytes()), dtype=np.uint8)[: len(data)]
    return (np.frombuffer(data, dtype=np.uint8) ^ stream).tobytes()


def _parameters(extra: bytes) -> tuple[int, int]:
    """Strength and packing method from the field that says them. Raises `ValueError` if there is none."""
    position = 0
    while position + _FIELD_HEAD.size <= len(extra):
        identifier, n_bytes = _FIELD_HEAD.unpack_from(extra, position)
        position += _FIELD_HEAD.size
        if identifier == _FIELD and n_bytes >= _FIELD_BODY.size and position + _FIELD_BODY.size <= len(extra):
            _, _, strength, method = _FIELD_BODY.unpack_from(extra, position)
            if strength in _KEY_BYTES:
                return strength, method
        position += n_bytes
    raise ValueError("no field that says how it is encrypted")
