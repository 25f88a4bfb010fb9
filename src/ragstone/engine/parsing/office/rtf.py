"""RTF: running text with headings, numbered items, tables and notes, in the code page of each font or in Unicode."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from ragstone.engine.parsing.document import BlockKind, MetadataValue, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.office.damage import damage_as_problem
from ragstone.engine.parsing.office.marked_text import write_rows
from ragstone.engine.parsing.office.rtf_tokens import Mark, Token, iter_tokens
from ragstone.engine.parsing.plain import LIST_MARKER
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.table_rows import Slot
from ragstone.engine.parsing.text_writer import TextWriter

_MEDIA_TYPE: Final = "application/rtf"
_SIGNATURE: Final = b"{\\rtf"
_MAX_DEPTH: Final = 1000
_CODECS: Final = {0: "cp1252", 437: "cp437", 708: "iso8859-6", 850: "cp850", 10000: "mac-roman", 65001: "utf-8"}
_CODE_PAGES: Final = frozenset(
    [720, 737, 775, 852, 855, 857, 860, 862, 864, 866, 874, 932, 936, 949, 950, *range(1250, 1259)]
)
_CHARSETS: Final = {  # Of fonts (section "Font Table").
    77: "mac-roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "cp936",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
_SIGNS: Final = {
    "-": "",
    "_": "-",
    "bullet": "•",
    "emdash": "—",
    "emspace": "\u2003",
    "endash": "\u2013",
    "enspace": "\u2002",
    "ldblquote": "“",
    "line": "\n",
    "lquote": "\u2018",
    "rdblquote": "”",
    "rquote": "\u2019",
    "tab": "\t",
    "~": "\u00a0",
}
_UNSEEN: Final = frozenset(
    [
        "annotation",
        "atnauthor",
        "atnid",
        "atrfend",
        "atrfstart",
        "bkmkend",
        "bkmkstart",
        "colortbl",
        "datafield",
        "datastore",
        "filetbl",
        "fldinst",
        "fontemb",
        "formfield",
        "generator",
        "latentstyles",
        "listoverridetable",
        "listtable",
        "mmathPr",
        "nonshppict",
        "objdata",
        "operator",
        "pict",
        "pgptbl",
        "private",
        "revtbl",
        "rsidtbl",
        "shpinst",
        "themedata",
        "userprops",
        "wgrffmtfilter",
        "xmlnstbl",
        "xmlopen",
    ]
)
_MARGINS: Final = frozenset(["footer", "footerf", "footerl", "footerr", "header", "headerf", "headerl", "headerr"])
_INFO: Final = {
    "author": "author",
    "category": "category",
    "creatim": "date",
    "doccomm": "description",
    "keywords": "keywords",
    "revtim": "modified",
    "subject": "subject",
    "title": "title",
}
_TIMES: Final = {"yr": "{:04}", "mo": "-{:02}", "dy": "-{:02}", "hr": "T{:02}", "min": ":{:02}"}
_STYLE_NAME: Final = re.compile(r"heading ([1-9])$|(title)$")
_LEVELS: Final = 9


@dataclass(slots=True)
class _State:
    """What a group inherits from the one around it."""

    place: str = "text"  # Where its text goes: text, notes, margins, a table, a field of information, or nowhere.
    codec: str = "cp1252"
    n_skipped: int = 1  # Characters that stand for one of Unicode, for readers who cannot read it.
    is_hidden: bool = False
    style: int = 0
    outline: int | None = None
    is_item: bool = False
    is_in_table: bool = False


def parse_rtf(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A document in RTF, of whatever program. Raises `DocumentCorrupt`, `DocumentTooLarge`."""
    start = content.find(_SIGNATURE)
    if start < 0 or content[:start].strip(b"\xef\xbb\xbf \r\n\t\0"):
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    reader = _Reader(TextWriter(options.limits))
    with damage_as_problem(_MEDIA_TYPE):
        for token in iter_tokens(content[start:]):
            reader.read(token)
            if not reader.is_open:
                break
        return reader.document()


@dataclass(slots=True)
class _Reader:
    writer: TextWriter
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    fonts: dict[int, str] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)  # Of the styles that are headings'.
    info: dict[str, str] = field(default_factory=dict)
    margins: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[Slot]] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)  # Bytes of one code page, decoded together.
    to_skip: int = 0
    is_item: bool = False  # The paragraph has the marker of a list.
    is_open: bool = True
    current: int = 0  # The font or style that is being defined.
    page_codec: str = "cp1252"

    def read(self, token: Token) -> None:
        """The next token of the file."""
        if token.mark is Mark.TEXT:
            self._read_bytes(token.raw)
            return
        if token.mark is Mark.WORD and token.name == "'":
            return
        self._flush()
        if token.mark is Mark.OPEN:
            if len(self.stack) > _MAX_DEPTH:
                raise DocumentCorrupt(media_type=_MEDIA_TYPE)
            self.stack.append(self.state)
            self.state = replace(self.state)
        elif token.mark is Mark.CLOSE:
            self._close()
        else:
            self._word(token.name, token.number)

    def document(self) -> ParsedDocument:
        """What was read."""
        self._flush()
        self._end_paragraph()
        write_rows(self.writer, self.rows)
        self.writer.leave_sections(level=0)
        for text in dict.fromkeys(" ".join(text.split()) for text in _joined(self.margins).split("\n")):
            if any(map(str.isalpha, text)):
                self.writer.block(BlockKind.PARAGRAPH, text)
        metadata: dict[str, MetadataValue] = {name: " ".join(text.split()) for name, text in self.info.items()}
        words = re.split("[,;\u060c]", str(metadata.get("keywords", "")))
        metadata["keywords"] = tuple(word for part in words if (word := part.strip()))
        return self.writer.finish(str(metadata.get("title", "")) or self.writer.first_heading, metadata)

    def _read_bytes(self, raw: bytes) -> None:
        skipped = min(self.to_skip, len(raw))
        self.to_skip -= skipped
        self.raw += raw[skipped:]

    def _flush(self) -> None:
        if self.raw:
            text = bytes(self.raw).decode(self.state.codec, "replace")
            self.raw.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        place = self.state.place
        if self.state.is_hidden or place == "nowhere":
            return
        if place == "text":
            self.pieces.append(text)
        elif place == "notes":
            self.notes.append(text)
        elif place == "margins":
            self.margins.append(text)
        elif place == "stylesheet":
            if match := _STYLE_NAME.match(text.strip().rstrip(";").lower()):
                self.levels[self.current] = int(match[1] or 0)
        elif place.startswith("info "):
            name = place.removeprefix("info ")
            self.info[name] = _joined([self.info.get(name, ""), text])

    def _close(self) -> None:
        self.to_skip = 0
        if not self.stack:
            self.is_open = False
            return
        if self.state.place == "notes" and self.stack[-1].place != "notes":
            self.notes.append("\n")
        self.state = self.stack.pop()
        self.is_open = bool(self.stack)

    def _word(self, name: str, number: int | None) -> None:
        state = self.state
        self.to_skip = 0
        if name == "u" and number is not None:
            self._put(chr(number % 0x10000))
            self.to_skip = state.n_skipped
        elif name in {"\n", "\r", "par", "sect", "page", "softpage"}:
            self._end_paragraph() if state.place == "text" else self._put("\n")
        elif name in _SIGNS:
            self._put(_SIGNS[name])
        elif name in {"{", "}", "\\"}:
            self._put(name)
        elif not self._set_table(name) and not self._set_place(name):
            self._set_state(name, number)

    def _set_table(self, name: str) -> bool:
        """Whether the word marks the end of a cell or a row. Tables inside cells are part of the cell's text."""
        if self.state.place != "text" or name not in {"cell", "nestcell", "nestrow", "row"}:
            return False
        if name == "cell":
            self.cells.append(_joined(self.pieces))
            self.pieces.clear()
        elif name == "row":
            self.rows.append([*self.cells])
            self.cells.clear()
        else:
            self.pieces.append(" | " if name == "nestcell" else "; ")
        return True

    def _set_place(self, name: str) -> bool:
        """Whether the word says where the text of its group goes."""
        state = self.state
        if name in _UNSEEN:
            state.place = "nowhere"
        elif name == "*":  # What is told so and not known is left out.
            state.place = f"optional {state.place}"
        elif name == "fldrslt":
            state.place = state.place.removeprefix("optional ")
        elif name in {"footnote", "endnote", "shptxt"}:
            state.place = "notes"
        elif name in _MARGINS:
            state.place = "margins"
        elif name in {"fonttbl", "info", "stylesheet"}:
            state.place = name
        elif name in _INFO and state.place == "info":
            state.place = f"info {_INFO[name]}"
        else:
            return False
        return True

    def _set_state(self, name: str, number: int | None) -> None:
        state = self.state
        value = 1 if number is None else number
        if name in _TIMES and state.place in {"info date", "info modified"}:
            self._put(_TIMES[name].format(value))
        elif name == "uc":
            state.n_skipped = max(0, value)
        elif name in {"deleted", "v"}:
            state.is_hidden = value != 0
        elif name == "s" and state.place == "stylesheet":
            self.current = value
        elif name in {"listtext", "pntext"}:
            self.is_item = True
        elif not self._set_codec(name, value):
            self._set_paragraph(name, value)

    def _set_codec(self, name: str, value: int) -> bool:
        """Whether the word says in which code page bytes are written."""
        state = self.state
        if name in {"ansicpg", "mac", "pc", "pca"}:
            number = {"mac": 10000, "pc": 437, "pca": 850}.get(name, value)
            state.codec = self.page_codec = _codec(number)
        elif name == "f":
            self.current = value
            state.codec = self.fonts.get(value) or self.page_codec
        elif name == "fcharset" and state.place == "fonttbl":
            self.fonts[self.current] = _CHARSETS.get(value, "")
        elif name == "cpg" and state.place == "fonttbl":
            self.fonts[self.current] = _codec(value)
        else:
            return False
        return True

    def _set_paragraph(self, name: str, value: int) -> None:
        state = self.state
        if name == "pard":
            state.style, state.outline, state.is_item, state.is_in_table = 0, None, False, False
        elif name == "s":
            state.style = value
        elif name == "outlinelevel":
            state.outline = value
        elif name == "ls":
            state.is_item = True
        elif name == "intbl":
            state.is_in_table = True
        elif name == "plain":
            state.is_hidden, state.codec = False, self.page_codec

    def _end_paragraph(self) -> None:
        state = self.state
        if state.is_in_table:
            self.pieces.append("\n")
            return
        text = _joined([*self.cells, *self.pieces])
        self.cells.clear()
        self.pieces.clear()
        write_rows(self.writer, self.rows)
        level = self.levels.get(state.style)
        if state.outline is not None:
            level = state.outline + 1 if state.outline < _LEVELS else None
        if level is not None:
            self.writer.heading(level, text)
        else:
            is_item = self.is_item or state.is_item or LIST_MARKER.match(text) is not None
            self.writer.block(BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH, text)
        for note in _joined(self.notes).split("\n"):
            self.writer.block(BlockKind.PARAGRAPH, note)
        self.notes.clear()
        self.is_item = False


def _joined(pieces: list[str]) -> str:
    """The pieces as one text, with the halves of characters beyond the first plane of Unicode put together."""
    return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _codec(page: int) -> str:
    return _CODECS.get(page, f"cp{page}" if page in _CODE_PAGES else "cp1252")
