"""What file names say about types: only where the content leaves it open."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_CODE: Final = {
    "text/x-c": ".c .h",
    "text/x-c++": ".cc .cpp .cxx .hh .hpp .hxx",
    "text/x-csharp": ".cs",
    "text/x-css": ".css .less .scss",
    "text/x-dart": ".dart",
    "text/x-elixir": ".ex .exs",
    "text/x-erlang": ".erl",
    "text/x-fortran": ".f .f90 .f95",
    "text/x-go": ".go",
    "text/x-haskell": ".hs",
    "text/x-java": ".java",
    "text/x-javascript": ".cjs .js .jsx .mjs",
    "text/x-julia": ".jl",
    "text/x-kotlin": ".kt .kts",
    "text/x-lua": ".lua",
    "text/x-matlab": ".m",
    "text/x-ocaml": ".ml .mli",
    "text/x-perl": ".pl .pm",
    "text/x-php": ".php",
    "text/x-powershell": ".ps1 .psm1",
    "text/x-python": ".py .pyi .pyw",
    "text/x-r": ".r",
    "text/x-ruby": ".rb",
    "text/x-rust": ".rs",
    "text/x-scala": ".scala",
    "text/x-shellscript": ".bash .sh .zsh",
    "text/x-sql": ".sql",
    "text/x-swift": ".swift",
    "text/x-toml": ".toml",
    "text/x-typescript": ".cts .mts .ts .tsx",
    "text/x-vb": ".bas .vb .vbs",
    "text/x-yaml": ".yaml .yml",
}
CODE_TYPES: Final = frozenset(_CODE)
"""Source code, by language."""

_TEXTS: Final = {
    "application/json": ".geojson .json .webmanifest",
    "application/mbox": ".mbox",
    "application/x-ipynb+json": ".ipynb",
    "application/x-ndjson": ".jsonl .ndjson",
    "application/x-subrip": ".srt",
    "application/xml": ".atom .rdf .rss .svg .xml .xsd .xsl .xslt",
    "message/rfc822": ".eml .mht .mhtml",
    "text/csv": ".csv",
    "text/html": ".htm .html .xhtml",
    "text/markdown": ".markdown .md .mdown .mkd",
    "text/plain": ".log .rst .text .txt",
    "text/tab-separated-values": ".tab .tsv",
    "text/vtt": ".vtt",
    **_CODE,
}
_CONTAINERS: Final = {
    DOCX: ".docm .docx .dotm .dotx",
    PPTX: ".potm .potx .ppsm .ppsx .pptm .pptx",
    XLSX: ".xlsb .xlsm .xlsx .xltm .xltx",
    "application/epub+zip": ".epub",
    "application/msword": ".doc .dot",
    "application/vnd.ms-excel": ".xls .xlt",
    "application/vnd.ms-outlook": ".msg",
    "application/vnd.ms-powerpoint": ".pot .pps .ppt",
    "application/vnd.oasis.opendocument.presentation": ".odp .otp",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods .ots",
    "application/vnd.oasis.opendocument.text": ".odt .ott",
}


def _by_suffix(types: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(
        {suffix: media_type for media_type, suffixes in types.items() for suffix in suffixes.split()}
    )


_TEXT_BY_SUFFIX: Final = _by_suffix(_TEXTS)
_CONTAINER_BY_SUFFIX: Final = _by_suffix(_CONTAINERS)


def text_type(filename: str | None) -> str | None:
    """The kind of text that a name promises."""
    return _TEXT_BY_SUFFIX.get(_suffix(filename))


def container_type(filename: str | None) -> str | None:
    """The kind of document in a ZIP or OLE file that a name promises."""
    return _CONTAINER_BY_SUFFIX.get(_suffix(filename))


def _suffix(filename: str | None) -> str:
    return PurePosixPath(filename or "").suffix.lower()
