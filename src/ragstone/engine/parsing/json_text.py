"""JSON and JSON Lines as text for reading: fields as `name: value`, lists of records as rows, nesting as headings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.text_writer import TextWriter

_JSON: Final = "application/json"
_LINES: Final = "application/x-ndjson"
_MAX_ROW_CHARS: Final = 2000
_MAX_LINE_CHARS: Final = 200
_MAX_ROW_DEPTH: Final = 3
_MAX_DEPTH: Final = 100
_CONSTANTS: Final = {None: "", True: "true", False: "false"}
_TITLE_KEYS: Final = ("title", "name", "id")


def parse_json(content: bytes, options: ParseOptions) -> ParsedDocument:
    """A JSON file in any Unicode encoding. Numbers stay as they are written, however long.

    Raises `DocumentCorrupt` for what is no JSON or is nested deeper than any reader could follow.
    """
    writer = TextWriter(options.limits)
    value = _load(decode(content, _JSON), _JSON)
    _write(writer, value, 1)
    title = value.get("title") if isinstance(value, dict) else None
    return writer.finish(title=title if isinstance(title, str) else None)


def parse_json_lines(content: bytes, options: ParseOptions) -> ParsedDocument:
    """One JSON value a line, each a row if it is flat. Lines that are no JSON are kept as they stand.

    Raises `DocumentCorrupt` if most lines are no JSON.
    """
    writer = TextWriter(options.limits)
    n_rows = n_broken = 0
    for line in decode(content, _LINES).split("\n"):  # JSON allows all other line ends inside its strings.
        if not line.strip():
            continue
        n_rows += 1
        try:
            _write_item(writer, _load(line, _LINES), 1, str(n_rows))
        except DocumentCorrupt:
            n_broken += 1
            writer.block(BlockKind.PARAGRAPH, line)
    if 2 * n_broken > n_rows:
        raise DocumentCorrupt(media_type=_LINES)
    return writer.finish(metadata={"rows": n_rows})


def _load(text: str, media_type: str) -> Any:
    try:
        return json.loads(text.removeprefix("\ufeff"), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise DocumentCorrupt(media_type=media_type) from error


def _write(writer: TextWriter, value: Any, level: int) -> None:
    """A value under a heading of the level above."""
    if level > _MAX_DEPTH:
        raise DocumentCorrupt(media_type=_JSON)
    if isinstance(value, dict):
        _write_fields(writer, value, level)
    elif isinstance(value, list):
        _write_list(writer, value, level)
    else:
        writer.block(BlockKind.PARAGRAPH, _scalar(value))


def _write_fields(writer: TextWriter, fields: Mapping[str, Any], level: int) -> None:
    """Short fields first, as lines of one paragraph; then what is long or nested, each under its name."""
    nested = {name: value for name, value in fields.items() if _line(name, value) is None}
    lines = [_line(name, value) for name, value in fields.items() if name not in nested]
    writer.block(BlockKind.PARAGRAPH, "\n".join(line for line in lines if line))
    for name, value in nested.items():
        writer.heading(level, name)
        _write(writer, value, level + 1)
        writer.leave_sections(level)


def _write_list(writer: TextWriter, items: Sequence[Any], level: int) -> None:
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict | list):
            _write_item(writer, item, level, str(number))
        else:
            writer.block(BlockKind.LIST_ITEM, _scalar(item))


def _write_item(writer: TextWriter, item: Any, level: int, number: str) -> None:
    """A row if the item is a record, or else a section of its own."""
    row = _row(item)
    if row is not None:
        writer.block(BlockKind.TABLE_ROW, row)
        return
    names = (item.get(key) for key in _TITLE_KEYS) if isinstance(item, dict) else ()
    writer.heading(level, next((name for name in names if name and isinstance(name, str)), number)[:_MAX_LINE_CHARS])
    _write(writer, item, level + 1)
    writer.leave_sections(level)


def _row(item: Any) -> str | None:
    """The fields of a record as one row, or None if it is too deep or too long for one."""
    fields = list(_flat(item, "", _MAX_ROW_DEPTH))
    if any(value is None for _, value in fields):
        return None
    row = " | ".join(f"{name}: {value}" if name else str(value) for name, value in fields if value)
    return row if len(row) <= _MAX_ROW_CHARS else None


def _flat(item: Any, path: str, depth: int) -> Iterator[tuple[str, str | None]]:
    """Fields with their dotted paths; None where one goes deeper than `depth`, or has records in it."""
    if isinstance(item, dict):
        if not depth:
            yield path, None
            return
        for name, value in item.items():
            yield from _flat(value, f"{path}.{name}" if path else name, depth - 1)
    else:
        yield path, _inline(item)


def _line(name: str, value: Any) -> str | None:
    """`name: value`, empty where there is no value, or None if it does not fit on one line."""
    text = _inline(value)
    if text is None or len(text) > _MAX_LINE_CHARS:
        return None
    return f"{name}: {text}" if text else ""


def _inline(value: Any) -> str | None:
    """A scalar, or a list of scalars, as one line."""
    if isinstance(value, list):
        return None if any(isinstance(item, dict | list) for item in value) else ", ".join(map(_scalar, value))
    return None if isinstance(value, dict) else " ".join(_scalar(value).split())


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else _CONSTANTS[value]
