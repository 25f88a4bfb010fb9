"""Zip files, opened only after their directory is checked, and read no further than it promises.

Hostile ones fall into three kinds: those that unpack to a thousand times their size, those whose entries share the
same packed bytes (D. Fifield, A better zip bomb, WOOT 2019), and those that hold millions of entries. Nothing is ever
written to disk, so names can do no harm.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from typing import IO, Final

from ragstone.engine.parsing.limits import ParseOptions, Unpacked
from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEncrypted,
    DocumentHostile,
    DocumentTypeUnsupported,
    DocumentUnpacksTooLarge,
)
from ragstone.engine.parsing.zip_aes import decrypt

__all__ = ["BROKEN_STREAM", "GuardedZip", "check_zip", "entry_name", "max_unpacked_bytes"]

BROKEN_STREAM: Final = (EOFError, OSError, ValueError, lzma.LZMAError, struct.error, zipfile.BadZipFile, zlib.error)
"""What Python's decompressors raise for damaged bytes."""

_BROKEN_DIRECTORY: Final = (*BROKEN_STREAM, IndexError, KeyError, NotImplementedError, OverflowError)
_DIRECTORY_RECORD: Final = b"PK\x01\x02"
_LOCAL_HEADER_BYTES: Final = 30
_IS_ENCRYPTED: Final = 0x1
_IS_UTF8: Final = 0x800
_AES: Final = 99
_METHODS: Final = frozenset({_AES, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_LOCAL_LENGTHS: Final = struct.Struct("<HH")
_LOCAL_LENGTHS_AT: Final = 26
_RAW_DEFLATE: Final = -15
_HARMLESS_BYTES: Final = 16 * 2**20
_PIECE_BYTES: Final = 2**18


def max_unpacked_bytes(packed_bytes: int, options: ParseOptions) -> int:
    """How many bytes a file of `packed_bytes` may unpack to by its ratio. Small ones are never called bombs."""
    return max(_HARMLESS_BYTES, packed_bytes * options.limits.max_ratio)


class GuardedZip:
    """A zip file in memory whose entries are safe to read.

    Raises `DocumentCorrupt`, `DocumentHostile` or `DocumentUnpacksTooLarge` when made of a file that is not.
    """

    def __init__(self, content: bytes, media_type: str, options: ParseOptions) -> None:
        self._media_type = media_type
        self._content = content
        self._options = options
        self._unpacked = options.unpacked or Unpacked()
        limits = options.limits
        # Every entry has a record, so this bounds their number before they are made objects of.
        if content.count(_DIRECTORY_RECORD) > limits.max_entries:
            raise DocumentUnpacksTooLarge(max_entries=limits.max_entries, max_unpacked_bytes=limits.max_unpacked_bytes)
        try:
            self._file = zipfile.ZipFile(BytesIO(content))
        except _BROKEN_DIRECTORY as error:
            raise DocumentCorrupt(media_type=media_type) from error
        self.entries: tuple[zipfile.ZipInfo, ...] = tuple(
            entry for entry in self._file.infolist() if not entry.is_dir()
        )
        self._by_name = {entry.filename: entry for entry in self.entries}
        self._check(len(content))

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files inside, in the order of the directory."""
        return tuple(entry.filename for entry in self.entries)

    def read(self, name: str | zipfile.ZipInfo) -> bytes:
        """The bytes of one file inside.

        Raises `DocumentCorrupt` for damaged bytes and where there is no such file, `DocumentEncrypted` where the
        options' password does not open it, `DocumentTypeUnsupported` for a packing method that Python does not know,
        and `DocumentUnpacksTooLarge` once all that was read goes over the limit.
        """
        return b"".join(self.iter_pieces(name))

    def iter_pieces(self, name: str | zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes of one file inside, piece by piece. Raises what `read` does."""
        entry = self._by_name.get(name) if isinstance(name, str) else name
        if entry is None:
            raise DocumentCorrupt(media_type=self._media_type)
        if entry.compress_type not in _METHODS:
            raise DocumentTypeUnsupported(media_type=self._media_type, filename=entry.filename)
        try:
            with self._open(entry) as member:
                while piece := member.read(_PIECE_BYTES):
                    self._unpacked.add(self._options.limits, n_bytes=len(piece))
                    yield piece
        except (*_BROKEN_DIRECTORY, RuntimeError) as error:
            # A wrong password most often shows as a check byte, but one time in 256 only as rubbish.
            problem = DocumentEncrypted if entry.flag_bits & _IS_ENCRYPTED else DocumentCorrupt
            raise problem(media_type=self._media_type) from error

    def _open(self, entry: zipfile.ZipInfo) -> IO[bytes]:
        password = self._password(entry)
        if entry.compress_type != _AES:
            return self._file.open(entry, pwd=password)
        n_name, n_extra = _LOCAL_LENGTHS.unpack_from(self._content, entry.header_offset + _LOCAL_LENGTHS_AT)
        start = entry.header_offset + _LOCAL_HEADER_BYTES + n_name + n_extra
        data = self._content[start : start + entry.compress_size]
        decrypted = decrypt(entry.extra, data, password or b"")
        if decrypted is None:
            raise DocumentEncrypted(media_type=self._media_type)
        return _plain_stream(*decrypted, entry.file_size)

    def _password(self, entry: zipfile.ZipInfo) -> bytes | None:
        if not entry.flag_bits & _IS_ENCRYPTED:
            return None
        if not self._options.password:
            raise DocumentEncrypted(media_type=self._media_type)
        return self._options.password.encode()

    def _check(self, packed_bytes: int) -> None:
        limits = self._options.limits
        self._unpacked.add(limits, n_entries=len(self.entries))
        promised = sum(entry.file_size for entry in self.entries)
        if promised > max_unpacked_bytes(packed_bytes, self._options):
            raise DocumentHostile(media_type=self._media_type, cause="ratio")
        if promised > limits.max_unpacked_bytes - self._unpacked.n_bytes:
            raise DocumentUnpacksTooLarge(max_entries=limits.max_entries, max_unpacked_bytes=limits.max_unpacked_bytes)
        in_order = sorted(self._file.infolist(), key=lambda entry: entry.header_offset)
        for entry, following in pairwise(in_order):
            end = entry.header_offset + _LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
            if end > following.header_offset:
                raise DocumentHostile(media_type=self._media_type, cause="overlap")


def _plain_stream(method: int, packed: bytes, n_bytes: int) -> IO[bytes]:
    """A decrypted member, unpacked to no more than the directory promises. Raises `ValueError` for other methods."""
    if method == zipfile.ZIP_STORED:
        return BytesIO(packed)
    if method != zipfile.ZIP_DEFLATED:
        raise ValueError("an unknown packing method")
    return BytesIO(zlib.decompressobj(_RAW_DEFLATE).decompress(packed, max(1, n_bytes)))


def entry_name(entry: zipfile.ZipInfo) -> str:
    """The name of a file inside. Many programs write UTF-8 and do not say so; without a word it is code page 437."""
    if entry.flag_bits & _IS_UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def check_zip(content: bytes, media_type: str, options: ParseOptions) -> None:
    """Unpacks a whole zip file and keeps nothing, so that a library may read it that believes what the file says.

    Raises what `GuardedZip` and its `read` do.
    """
    guarded = GuardedZip(content, media_type, options)
    for entry in guarded.entries:
        for _ in guarded.iter_pieces(entry):
            pass
