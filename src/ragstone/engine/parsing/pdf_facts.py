"""What a PDF says of itself: title, author, dates, and what is attached to it."""

import re
from collections.abc import Iterator
from typing import Final

import pypdfium2 as pdfium

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.document import MetadataValue

_TEXTS: Final = {"Author": "author", "Creator": "generator", "Subject": "subject", "Title": "title"}
_DATES: Final = {"CreationDate": "date", "ModDate": "modified"}
_PDF_DATE: Final = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z.*|([+-]\d\d)'?(\d\d)?'?)?$", re.ASCII
)
_PLACEHOLDERS: Final = {"anonymous", "(anonymous)", "unspecified", "(unspecified)", "untitled"}


def pdf_metadata(pdf: pdfium.PdfDocument) -> dict[str, MetadataValue]:
    """The fields that are filled in; dates are RFC 3339 as far as they go. Attached files are named, not read."""
    stated = {key: _one_line(value) for key, value in pdf.get_metadata_dict(skip_empty=True).items()}
    told = {key: value for key, value in stated.items() if value and value.lower() not in _PLACEHOLDERS}
    texts = {name: told[key] for key, name in _TEXTS.items() if key in told}
    dates = {name: _iso_date(told[key]) for key, name in _DATES.items() if key in told}
    lists = {"keywords": _keywords(told.get("Keywords", "")), "attachments": tuple(_iter_attachments(pdf))}
    return {**texts, **dates, **{name: values for name, values in lists.items() if values}, "pages": len(pdf)}


def _iter_attachments(pdf: pdfium.PdfDocument) -> Iterator[str]:
    for index in range(pdf.count_attachments()):
        if name := _one_line(pdf.get_attachment(index).get_name()):
            yield name


def _keywords(text: str) -> tuple[str, ...]:
    separator = ";" if ";" in text else ","
    return tuple(dict.fromkeys(word.strip() for word in text.split(separator) if word.strip()))


def _iso_date(date: str) -> str:
    """`D:20231005000756+03'00'` (PDF 1.7, section 7.9.4) as an RFC 3339 day and time, as far as it goes."""
    match = _PDF_DATE.match(date)
    if match is None:
        return date
    year, month, day, hour, minute, second, zone_hour, zone_minute = match.groups()
    zone = f"{zone_hour}:{zone_minute or '00'}" if zone_hour else "Z"
    day_text = f"{year}-{month or '01'}-{day or '01'}"
    return f"{day_text}T{hour}:{minute or '00'}:{second or '00'}{zone}" if hour else day_text


def _one_line(text: str) -> str:
    return " ".join(canonical_text(text).split())
