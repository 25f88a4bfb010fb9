from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.engine.parsing.document import ParsedDocument
from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.problems import DocumentCorrupt
from ragstone.engine.parsing.subtitles import parse_subtitles

OPTIONS = ParseOptions(ParseLimits(max_pages=100, max_chars=1_000_000))
VTT, SRT = "text/vtt", "application/x-subrip"


def paragraphs_of(source: str, media_type: str = VTT) -> list[str]:
    document = parse_subtitles(source.encode(), OPTIONS, media_type)
    return [document.text[block.start_char : block.end_char] for block in document.blocks]


def test_neighbouring_cues_of_a_voice_are_one_paragraph_that_begins_with_its_time() -> None:
    source = """WEBVTT - Talk

NOTE a remark
that no one hears

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.500 align:start
<v Sara>Welcome to <i>the</i> talk

00:03.600 --> 00:05.000
<v Sara>about tea &amp; coffee.

01:00:05.200 --> 01:00:07.000
<v.loud Omar Ali>Thank you.</v>
"""
    assert paragraphs_of(source) == [
        "[00:00:01] Sara: Welcome to the talk about tea & coffee.",
        "[01:00:05] Omar Ali: Thank you.",
    ]


def test_subrip_is_read_with_its_names_and_pauses() -> None:
    source = (
        "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<b>سارة: مرحبا</b>\r\nبكم\r\n\r\n"
        "2\r\n00:00:30,000 --> 00:00:31,000\r\nلنبدأ\r\n\r\n3\r\n00:00:31,500 --> 00:00:32,000\r\nمعكم\r\n"
    )
    assert paragraphs_of(source, SRT) == ["[00:00:01] سارة: مرحبا بكم", "[00:00:30] لنبدأ معكم"]


def test_lines_that_live_captions_repeat_are_told_once() -> None:
    cues = "".join(
        f"00:0{n}.000 --> 00:0{n + 1}.000\n{text}\n\n" for n, text in enumerate(["one two", "one two", "two", "three"])
    )
    assert paragraphs_of(f"WEBVTT\n\n{cues}") == ["[00:00:00] one two three"]


def test_long_speech_is_cut_at_the_end_of_a_sentence() -> None:
    cues = "".join(f"00:{n:02}.000 --> 00:{n:02}.900\nThis is sentence number {n}.\n\n" for n in range(60))
    paragraphs = paragraphs_of(f"WEBVTT\n\n{cues}")
    assert len(paragraphs) > 2
    assert all(500 <= len(paragraph) <= 600 for paragraph in paragraphs[:-1])


def test_tags_that_never_end_are_read_in_a_time_that_grows_with_their_number() -> None:
    """With the square of it, this would take hours."""
    assert paragraphs_of("WEBVTT\n\n00:01.000 --> 00:02.000\nwords " + "<v " * 300_000)[0].startswith(
        "[00:00:01] words"
    )


@pytest.mark.parametrize("source", ["WEBVTT\n", "no cue", "1\n00:00 -> 00:01\nx"])
def test_what_has_no_cue_is_corrupt(source: str) -> None:
    with pytest.raises(DocumentCorrupt):
        parse_subtitles(source.encode(), OPTIONS, VTT)


@given(
    st.lists(
        st.sampled_from(["WEBVTT\n", "\n", "00:01.000 --> 00:02.000\n", "<v A>", "text", "A: ", "<", "قول", "1\n"])
    )
)
def test_any_pieces_give_a_sound_document_with_every_word(
    assert_sound: Callable[[ParsedDocument], None], pieces: list[str]
) -> None:
    with suppress(DocumentCorrupt):
        assert_sound(parse_subtitles("".join(pieces).encode(), OPTIONS, VTT))
