"""The parser of every type of office document."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.media_types import DOCX, PPTX, XLSX
from ragstone.engine.parsing.office.doc import parse_doc
from ragstone.engine.parsing.office.docx import parse_docx
from ragstone.engine.parsing.office.odf import parse_odf
from ragstone.engine.parsing.office.ppt import parse_ppt
from ragstone.engine.parsing.office.pptx import parse_pptx
from ragstone.engine.parsing.office.rtf import parse_rtf
from ragstone.engine.parsing.office.spreadsheet import parse_spreadsheet
from ragstone.engine.parsing.office.wordperfect import parse_wordperfect

_ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
_ODP: Final = "application/vnd.oasis.opendocument.presentation"
_ODT: Final = "application/vnd.oasis.opendocument.text"
_XLS: Final = "application/vnd.ms-excel"

OFFICE_PARSERS: Final[Mapping[str, Callable[[bytes, ParseOptions], ParsedDocument]]] = MappingProxyType(
    {
        DOCX: parse_docx,
        PPTX: parse_pptx,
        **{media_type: partial(parse_odf, media_type=media_type) for media_type in (_ODP, _ODT)},
        "application/msword": parse_doc,
        "application/rtf": parse_rtf,
        "application/vnd.ms-powerpoint": parse_ppt,
        "application/vnd.wordperfect": parse_wordperfect,
        **{media_type: partial(parse_spreadsheet, media_type=media_type) for media_type in (_ODS, _XLS, XLSX)},
    }
)
"""By media type."""
