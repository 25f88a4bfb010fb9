"""Subtitles (WebVTT and SubRip): what is said, in paragraphs that begin with their time and speaker."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from ragstone.engine.parsing.canonical import canonical_text
from ragstone.engine.parsing.decode import decode
from ragstone.engine.parsing.document import BlockKind, ParsedDocument
from ragstone.engine.parsing.limits import ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.text_writer import TextWriter

_TIME: Final = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_VOICE: Final = re.compile(r"<v(?:\.[^\s<>]{0,100})?\s([^<>]{1,200})>")
_SPEAKER: Final = re.compile(r"(?:>>\s*)?([^\W\d_][\w .'-]{0,40}):\s+(?=\S)")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
_ENDS_SENTENCE: Final = re.compile(r"[.!?…؟۔。！？][\"'”’»)\]]*$")  # noqa: RUF001 - so sentences end in other scripts.
_PARAGRAPH_CHARS: Final = 500
_MAX_PARAGRAPH_CHARS: Final = 1000
_PAUSE_S: Final = 4.0


@dataclass(slots=True)
class _Cue:
    """What one voice says from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    speaker: str
    text: str


def parse_subtitles(content: bytes, options: ParseOptions, media_type: str) -> ParsedDocument:
    """Cues joined into paragraphs until another speaks, a pause of 4 s, or the end of a sentence after 500 characters.

    Raises `DocumentCorrupt` for what has no cue at all.
    """
    cues = list(_iter_cues(canonical_text(decode(content, media_type))))
    if not cues and content.strip():
        raise DocumentCorrupt(media_type=media_type)
    writer = TextWriter(options.limits)
    for cue in _joined(cues):
        speaker = f"{cue.speaker}: " if cue.speaker else ""
        writer.block(BlockKind.PARAGRAPH, f"[{_clock(cue.start_s)}] {speaker}{cue.text}")
    return writer.finish()


def _iter_cues(text: str) -> Iterator[_Cue]:
    """Every cue with words; notes, styles and regions have no timing line."""
    timing: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        found = _TIMING.match(line)
        if found or not line.strip():
            if timing:
                yield from _cues_of(timing, lines)
            timing, lines = found, []
        elif timing:
            lines.append(line)


def _cues_of(timing: re.Match[str], lines: list[str]) -> Iterator[_Cue]:
    start_s, end_s = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
    speaker, source = "", " ".join(lines)
    for index, piece in enumerate(_VOICE.split(source)):
        if index % 2:
            speaker = piece.strip()
            continue
        words = " ".join(unescape(_TAG.sub("", piece)).split())
        named = _SPEAKER.match(words)
        if named and not speaker:
            words, said_by = words[named.end() :], named.group(1)
        else:
            said_by = speaker
        if words:
            yield _Cue(start_s, end_s, said_by, words)


def _joined(cues: Iterable[_Cue]) -> Iterator[_Cue]:
    current: _Cue | None = None
    for cue in cues:
        if current is None or _is_apart(current, cue):
            if current:
                yield current
            current = cue
        elif cue.text != current.text and not current.text.endswith(f" {cue.text}"):  # Live captions repeat lines.
            current = _Cue(current.start_s, cue.end_s, current.speaker, f"{current.text} {cue.text}")
        else:
            current.end_s = cue.end_s
    if current:
        yield current


def _is_apart(current: _Cue, following: _Cue) -> bool:
    """Whether a new paragraph begins."""
    n_chars = len(current.text)
    is_long = n_chars >= _MAX_PARAGRAPH_CHARS or (n_chars >= _PARAGRAPH_CHARS and _ENDS_SENTENCE.search(current.text))
    is_other_voice = bool(following.speaker) and following.speaker != current.speaker
    return is_other_voice or following.start_s - current.end_s > _PAUSE_S or bool(is_long)


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = groups
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"
