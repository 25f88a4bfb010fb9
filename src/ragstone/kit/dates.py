"""Days and moments as people and programs write them, in the one form in which they are kept."""

from datetime import UTC, date, datetime
from typing import Final

_DAY_CHARS: Final = 10


def canonical_date(text: str) -> str:
    """A day (`2013-04-26`), or a moment, in UTC if it has a zone, as RFC 3339 writes it: texts sort as the dates do.

    Raises `ValueError` for what is neither in ISO 8601.
    """
    try:
        if len(text) <= _DAY_CHARS:
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment.tzinfo else moment.isoformat()
    except OverflowError as error:
        raise ValueError(f"{text} is out of range in UTC") from error
