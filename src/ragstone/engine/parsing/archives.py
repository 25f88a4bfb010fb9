"""Archives: one document, whose sections are the files in it."""

import tarfile
from functools import partial
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, Final

from ragstone.engine.parsing.document import MetadataValue, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.members import Members, ParseMember, inside
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentTypeUnsupported
from ragstone.engine.parsing.text_writer import TextWriter
from ragstone.engine.parsing.zip_guard import BROKEN_STREAM, GuardedZip, entry_name

_ZIP: Final = "application/zip"
_TAR: Final = "application/x-tar"
_JUNK_FOLDER: Final = "__MACOSX"
_JUNK_NAMES: Final = frozenset({".ds_store", "desktop.ini", "thumbs.db"})
_JUNK_PREFIX: Final = "._"
_BROKEN_TAR: Final = (*BROKEN_STREAM, tarfile.TarError, IndexError, KeyError, OverflowError, RecursionError)


def parse_zip(content: bytes, options: ParseOptions, parse_member: ParseMember) -> ParsedDocument:
    """A zip file. Members that cannot be read are named in the metadata `unread`.

    Raises what `GuardedZip` does, `DocumentEncrypted` where any member needs another password than was given, and the
    problem of the first member where none can be read.
    """
    options = inside(options, _ZIP)
    writer = TextWriter(options.limits)
    members = Members(writer, options, parse_member)
    guarded = GuardedZip(content, _ZIP, options)
    for entry in guarded.entries:
        name = entry_name(entry)
        if not is_junk(name):
            members.add(name, partial(guarded.read, entry))
    members.raise_if_all_failed()
    return writer.finish(metadata=_metadata(members))


def parse_tar(content: bytes, options: ParseOptions, parse_member: ParseMember) -> ParsedDocument:
    """An uncompressed tar file; see `parse_tar_stream`."""
    return parse_tar_stream(BytesIO(content), options, parse_member)


def parse_tar_stream(stream: IO[bytes], options: ParseOptions, parse_member: ParseMember) -> ParsedDocument:
    """A tar file from a stream that counts what is read of it. Links and devices are left out.

    Raises `DocumentCorrupt` where it is damaged or cut off, and the problem of the first member where none can be read.
    """
    options = inside(options, _TAR)
    writer = TextWriter(options.limits)
    members = Members(writer, options, parse_member)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for entry in archive:
                members.count()
                if entry.isfile() and not is_junk(entry.name):
                    members.add(entry.name, partial(_read_tar, archive, entry))
    except _BROKEN_TAR as error:
        raise DocumentCorrupt(media_type=_TAR) from error
    members.raise_if_all_failed()
    return writer.finish(metadata=_metadata(members))


def is_junk(name: str) -> bool:
    """Whether a member is what a file manager leaves behind, and no one put there."""
    path = PurePosixPath(name)
    return _JUNK_FOLDER in path.parts or path.name.lower() in _JUNK_NAMES or path.name.startswith(_JUNK_PREFIX)


def _read_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    member = None if entry.issparse() else archive.extractfile(entry)
    if member is None:  # A few bytes of a sparse file may stand for terabytes of zeros.
        raise DocumentTypeUnsupported(media_type=_TAR, filename=entry.name)
    content = member.read()
    if len(content) != entry.size:
        raise DocumentCorrupt(media_type=_TAR)
    return content


def _metadata(members: Members) -> dict[str, MetadataValue]:
    return {"members": members.n_read + len(members.unread), "unread": tuple(members.unread)}
