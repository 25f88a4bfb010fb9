"""Why a document cannot be read. Every parser raises one of these and nothing else."""

from typing import ClassVar

from ragstone.kit.problem import Kind, Problem


class DocumentTypeUnsupported(Problem):
    """No parser reads this type. Facts: `media_type`, `filename`."""

    kind: ClassVar[Kind] = Kind.UNSUPPORTED
    code: ClassVar[str] = "document_type_unsupported"


class DocumentCorrupt(Problem):
    """The bytes are not what their type promises. Facts: `media_type`."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "document_corrupt"


class DocumentEncrypted(Problem):
    """The document needs a password to be opened. Facts: `media_type`."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "document_encrypted"


class DocumentEmpty(Problem):
    """The document shows nothing but white space. Facts: `media_type`."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "document_empty"


class DocumentHasNoText(Problem):
    """The pages show something, but no text: most often they were scanned. Facts: `media_type`, `n_pages`."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "document_has_no_text"


class DocumentTooLarge(Problem):
    """The document goes over a limit. Facts: `max_pages`, `max_chars`."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "document_too_large"


class DocumentUnpacksTooLarge(Problem):
    """What is packed into the file goes over a limit. Facts: `max_entries`, `max_unpacked_bytes`."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "document_unpacks_too_large"


class DocumentHostile(Problem):
    """The file tries to make its reader do harm: open other files, call out, or run out of memory.

    Facts: `media_type`, and `cause`, one of `entities`, `nesting`, `overlap` and `ratio`.
    """

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "document_hostile"
