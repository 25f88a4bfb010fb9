"""How a file can bring its parser down. All are final: the file is at fault, and would do it again."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from ragstone.engine.parsing.problems import (
    DocumentCorrupt,
    DocumentEmpty,
    DocumentEncrypted,
    DocumentHasNoText,
    DocumentHostile,
    DocumentTooLarge,
    DocumentTypeUnsupported,
    DocumentUnpacksTooLarge,
)
from ragstone.kit.problem import Kind, Problem


class DocumentParserOutOfMemory(Problem):
    """Parsing the document takes more memory than it may. Facts: `memory_bytes`."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "document_parser_out_of_memory"


class DocumentParserTimeout(Problem):
    """Parsing the document takes longer than it may. Facts: `cpu_s`, `wall_s`."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE
    code: ClassVar[str] = "document_parser_timeout"


class DocumentParserCrashed(Problem):
    """The parser died of the document, or answered rubbish. Facts: `cause`."""

    kind: ClassVar[Kind] = Kind.UNSUPPORTED
    code: ClassVar[str] = "document_parser_crashed"


class DocumentParserUnavailable(Problem):
    """No parser process can be started; no document is at fault. Facts: `cause`."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "document_parser_unavailable"


PARSER_PROBLEMS: Final[Mapping[str, type[Problem]]] = MappingProxyType(
    {
        problem.code: problem
        for problem in (
            DocumentCorrupt,
            DocumentEmpty,
            DocumentEncrypted,
            DocumentHasNoText,
            DocumentHostile,
            DocumentTooLarge,
            DocumentTypeUnsupported,
            DocumentUnpacksTooLarge,
        )
    }
)
"""What a parser may raise, by code."""
