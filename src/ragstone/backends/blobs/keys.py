"""Blob keys to the names every store takes, and back. It never looks at a store."""

from typing import ClassVar, Final
from urllib.parse import quote, unquote

from ragstone.kit.problem import Kind, Problem

_MAX_SEGMENT_BYTES: Final = 240  # File systems take 255; the store appends a number while it writes.
_MAX_NAME_BYTES: Final = 900  # S3 takes 1,024, the prefix of the store's URL included.


class BlobKeyInvalid(Problem):
    """A key that is empty or absolute, climbs out of its folder, or is too long. Facts: `key`."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "blob_key_invalid"


def to_name(key: str) -> str:
    """The name under which a blob is stored: letters, digits and `/_.-~` as they are, all else percent-encoded.

    That keeps `#` out of names, by which the file store marks what is not finished yet. Raises `BlobKeyInvalid`.
    """
    segments = key.split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        raise BlobKeyInvalid(key=key)
    try:
        names = [quote(segment, safe="") for segment in segments]
    except UnicodeEncodeError as error:
        raise BlobKeyInvalid(key=ascii(key)) from error
    name = "/".join(names)
    if max(map(len, names)) > _MAX_SEGMENT_BYTES or len(name) > _MAX_NAME_BYTES:
        raise BlobKeyInvalid(key=key)
    return name


def to_key(name: str) -> str:
    """The key of a stored name: the inverse of `to_name`."""
    return unquote(name)
