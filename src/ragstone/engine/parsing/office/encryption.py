"""Files of Microsoft Office that open with a password."""

from io import BytesIO
from typing import Final

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import library_failure_as_problem
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEncrypted

OLE_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of a compound file (MS-CFB, section 2.2): old formats, and encrypted files of the new ones."""

_NO_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105 - Excel's own, for workbooks anybody may open (MS-XLS, 2.2.10).


def decrypted(content: bytes, media_type: str, options: ParseOptions) -> bytes:
    """The file without encryption, if it has any. What is damaged so that this cannot be told is left as it is.

    Raises `DocumentEncrypted` if the options' password does not open it, `DocumentCorrupt` for broken encryption.
    """
    return _decrypted(content, media_type, options) if _is_encrypted(content, media_type) else content


def _is_encrypted(content: bytes, media_type: str) -> bool:
    if not content.startswith(OLE_SIGNATURE):
        return False
    try:
        with library_failure_as_problem(media_type):
            return bool(msoffcrypto.OfficeFile(BytesIO(content)).is_encrypted())
    except DocumentCorrupt:
        return False


def _decrypted(content: bytes, media_type: str, options: ParseOptions) -> bytes:
    for password in filter(None, (options.password, _NO_PASSWORD)):
        plain = BytesIO()
        try:
            with library_failure_as_problem(media_type):
                _decrypt(content, password, plain)
        except DocumentCorrupt as problem:
            if not isinstance(problem.__cause__, DecryptionError | InvalidKeyError):
                raise
        else:
            return plain.getvalue()
    raise DocumentEncrypted(media_type=media_type)


def _decrypt(content: bytes, password: str, plain: BytesIO) -> None:
    file = msoffcrypto.OfficeFile(BytesIO(content))
    file.load_key(password=password)
    file.decrypt(plain)
