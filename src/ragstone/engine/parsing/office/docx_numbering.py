"""The numbers that Word prints before headings and items of lists, and does not write into their text."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ragstone.engine.parsing.office.docx_styles import W, value
from ragstone.engine.parsing.office.numerals import numeral

_PLACE: Final = re.compile("%([1-9])")
_MAX_LEVEL: Final = 8


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    style: str = "bullet"
    pattern: str = ""


class Numbering:
    """Counts the items of all lists of a document, which have to be asked for in the order of the text."""

    def __init__(self, tree: Element | None) -> None:
        abstracts = (
            {} if tree is None else {item.get(f"{W}abstractNumId", ""): item for item in tree.iter(f"{W}abstractNum")}
        )
        self._levels = {list_id: _levels(item) for list_id, item in abstracts.items()}
        self._abstract_of: dict[str, str] = {}
        self._restarts: dict[str, Mapping[int, int]] = {}
        for number in [] if tree is None else tree.iter(f"{W}num"):
            list_id = number.get(f"{W}numId", "")
            self._abstract_of[list_id] = value(number, "abstractNumId") or ""
            self._restarts[list_id] = _restarts(number)
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def label(self, list_id: str, level: int) -> str:
        """The number of the next item of a list, as it is printed; empty for items with a bullet."""
        abstract = self._abstract_of.get(list_id, "")
        levels = self._levels.get(abstract, {})
        level = min(level, _MAX_LEVEL)
        counts = self._counts[abstract]
        restarts = self._restarts.pop(list_id, {})  # A list restarts once, where it is first used.
        for restarted, start in restarts.items():
            counts[restarted] = start - 1
        own = levels.get(level, _Level())
        counts[level] = counts.get(level, own.start - 1) + 1
        for deeper in [number for number in counts if number > level]:
            del counts[deeper]
        if own.style == "bullet":
            return ""
        return _PLACE.sub(lambda place: _counted(int(place[1]) - 1, levels, counts), own.pattern).strip()


def _counted(level: int, levels: Mapping[int, _Level], counts: Mapping[int, int]) -> str:
    known = levels.get(level, _Level())
    return numeral(counts.get(level, known.start), "decimal" if known.style == "bullet" else known.style)


def _levels(abstract: Element) -> Mapping[int, _Level]:
    return {
        int(level.get(f"{W}ilvl", "0")): _Level(
            int(value(level, "start") or 1), value(level, "numFmt") or "decimal", value(level, "lvlText") or ""
        )
        for level in abstract.iter(f"{W}lvl")
    }


def _restarts(number: Element) -> Mapping[int, int]:
    return {
        int(item.get(f"{W}ilvl", "0")): int(start)
        for item in number.iter(f"{W}lvlOverride")
        if (start := value(item, "startOverride"))
    }
