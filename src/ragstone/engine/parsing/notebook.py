"""Jupyter notebooks: read as the Markdown that they would be, code and outputs in fences."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.markdown import parse_markdown
from ragstone.engine.parsing.problems import DocumentCorrupt

_MEDIA_TYPE: Final = "application/x-ipynb+json"
_TICKS: Final = re.compile("`{3,}")
_TERMINAL_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MAX_OUTPUT_CHARS: Final = 20_000


def parse_notebook(content: bytes, options: ParseOptions) -> ParsedDocument:
    """The cells in their order: Markdown as it stands, code and the text of its outputs as code.

    Pictures are left out, and an output is cut after 20,000 characters: more is a log, not a result. Raises
    `DocumentCorrupt` for what is no notebook.
    """
    try:
        notebook = json.loads(decode(content, _MEDIA_TYPE).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise DocumentCorrupt(media_type=_MEDIA_TYPE) from error
    cells = _cells(notebook)
    if cells is None:
        raise DocumentCorrupt(media_type=_MEDIA_TYPE)
    about = notebook.get("metadata")
    about = about if isinstance(about, dict) else {}
    language = _named(about.get("kernelspec"), "language") or _named(about.get("language_info"), "name")
    pieces = (piece for cell in cells for piece in _iter_pieces(cell, language))
    source = canonical_text("\n\n".join(piece.strip("\n") for piece in pieces if piece.strip()))
    options.limits.check(n_chars=len(source))
    document = parse_markdown(source.encode("utf-8-sig"))
    title = about.get("title")
    return document if not isinstance(title, str) else replace(document, title=title)


def _cells(notebook: Any) -> list[Any] | None:
    """The cells; in format 3 they are in worksheets."""
    if not isinstance(notebook, dict):
        return None
    sheets = notebook.get("worksheets")
    holders = sheets if isinstance(sheets, list) else [notebook]
    found = [holder.get("cells") for holder in holders if isinstance(holder, dict)]
    cells = [cell for cells in found if isinstance(cells, list) for cell in cells]
    return cells if cells or [] in found else None


def _iter_pieces(cell: Any, language: str) -> Iterator[str]:
    if not isinstance(cell, dict):
        return
    source = _text(cell.get("source", cell.get("input")))
    if cell.get("cell_type") == "code":
        yield _fenced(source, language)
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            yield _fenced(_output(output), "")
    elif cell.get("cell_type") == "heading":  # Format 3.
        yield f"{'#' * min(max(int(cell.get('level') or 1), 1), 6)} {source}"
    else:
        yield source


def _output(output: Any) -> str:
    """The text of an output: what was printed, the value's own text, or the error."""
    if not isinstance(output, dict):
        return ""
    data = output.get("data", output)
    text = _text(output.get("text")) or _text(data.get("text/plain") if isinstance(data, dict) else None)
    if output.get("output_type") in {"error", "pyerr"}:
        text = f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
    return _TERMINAL_COLOURS.sub("", text)[:_MAX_OUTPUT_CHARS]


def _fenced(text: str, language: str) -> str:
    if not text.strip():
        return ""
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _text(value: Any) -> str:
    """A text that may be kept as a list of its lines."""
    if isinstance(value, list):
        return "".join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else ""


def _named(value: Any, key: str) -> str:
    name = value.get(key) if isinstance(value, dict) else None
    return name if isinstance(name, str) and name.isalnum() else ""
