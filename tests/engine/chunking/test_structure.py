from ragstone.engine.chunking.chunk import Chunk, ChunkingOptions
from ragstone.engine.chunking.cut import cut
from ragstone.engine.chunking.words import word_offsets
from ragstone.engine.parsing.document import Block, BlockKind, PageRange, ParsedDocument

Line = tuple[BlockKind, str, tuple[str, ...]]


def heading(text: str, *above: str) -> Line:
    return BlockKind.HEADING, text, above


def paragraph(text: str, *headings: str) -> Line:
    return BlockKind.PARAGRAPH, text, headings


def row(text: str, *headings: str) -> Line:
    return BlockKind.TABLE_ROW, text, headings


def document(*lines: Line, pages: tuple[PageRange, ...] = ()) -> ParsedDocument:
    """Blocks parted by blank lines."""
    blocks, position = [], 0
    for kind, text, headings in lines:
        blocks.append(Block(kind, position, position + len(text), headings))
        position += len(text) + 2
    return ParsedDocument("\n\n".join(text for _, text, _ in lines), tuple(blocks), pages)


def chunks(document: ParsedDocument, max_tokens: int, overlap_tokens: int = 0) -> tuple[Chunk, ...]:
    return cut(document, ChunkingOptions(max_tokens, overlap_tokens), word_offsets)


def texts(document: ParsedDocument, max_tokens: int, overlap_tokens: int = 0) -> list[str]:
    return [chunk.text for chunk in chunks(document, max_tokens, overlap_tokens)]


def words(n: int, word: str = "word") -> str:
    return " ".join([word] * n)


def test_nothing_makes_no_chunk() -> None:
    assert chunks(ParsedDocument("", ()), 10) == ()
    assert chunks(ParsedDocument(" \n ", (Block(BlockKind.PARAGRAPH, 0, 3),)), 10) == ()


def test_blocks_of_a_section_share_a_chunk_while_they_fit() -> None:
    found = texts(document(paragraph(words(4)), paragraph(words(5)), paragraph(words(3))), 10)
    assert found == [f"{words(4)}\n\n{words(5)}", words(3)]


def test_a_heading_opens_a_chunk_and_is_the_end_of_its_path() -> None:
    first, second = chunks(
        document(
            heading("One", "Top"), paragraph(words(8), "Top", "One"),
            heading("Two", "Top"), paragraph(words(8), "Top", "Two"),
        ),
        10,
    )  # fmt: skip
    assert (first.text, first.headings) == (f"One\n\n{words(8)}", ("Top", "One"))
    assert (second.text, second.headings) == (f"Two\n\n{words(8)}", ("Top", "Two"))


def test_a_chunk_that_goes_on_in_a_section_has_the_path_of_its_first_block() -> None:
    _, second = chunks(document(heading("One"), paragraph(words(8), "One"), paragraph(words(8), "One")), 10)
    assert second.headings == ("One",)


def test_the_path_has_a_heading_as_the_text_below_it_names_it() -> None:
    (found,) = chunks(document(heading("## One", "Top"), paragraph(words(8), "Top", "One")), 20)
    assert found.headings == ("Top", "One")
    (alone,) = chunks(document(heading("## One", "Top")), 20)
    assert alone.headings == ("Top", "One")


def test_headings_that_follow_each_other_stay_with_the_text_below_them() -> None:
    found = texts(document(heading("A"), heading("B", "A"), paragraph(words(7), "A", "B")), 10)
    assert found == [f"A\n\nB\n\n{words(7)}"]


def test_a_heading_takes_sentences_of_a_paragraph_it_leaves_no_room_for() -> None:
    found = texts(document(heading("Title"), paragraph("One two three. Four five six.", "Title")), 8)
    assert found == ["Title\n\nOne two three.", "Four five six."]


def test_a_heading_takes_words_of_a_sentence_it_leaves_no_room_for() -> None:
    found = texts(document(heading("Title"), paragraph(words(8), "Title")), 8)
    assert found == [f"Title\n\n{words(7)}", "word"]


def test_a_heading_that_nothing_follows_is_a_chunk() -> None:
    assert texts(document(paragraph(words(8)), heading("End")), 8) == [words(8), "End"]


def test_tiny_sections_under_one_parent_share_a_chunk_until_it_is_not_tiny() -> None:
    tiny = [line for name in "ABCDEF" for line in (heading(name, "T"), paragraph(words(3), "T", name))]
    assert [len(text.split()) for text in texts(document(*tiny), 28)] == [8, 8, 8]


def test_a_tiny_last_section_joins_the_one_before() -> None:
    found = texts(
        document(
            heading("A", "T"), paragraph(words(9), "T", "A"),
            heading("B", "T"), paragraph("Short", "T", "B"),
            heading("U"), paragraph(words(19), "U"),
        ),
        20,
    )  # fmt: skip
    assert found == [f"A\n\n{words(9)}\n\nB\n\nShort", f"U\n\n{words(19)}"]


def test_tiny_sections_of_different_parents_stay_apart() -> None:
    found = texts(document(paragraph("left", "S", "A"), paragraph("right", "T", "B")), 100)
    assert found == ["left", "right"]


def test_text_below_other_headings_opens_a_chunk_also_without_a_heading_block() -> None:
    found = texts(document(paragraph(words(5), "S", "A"), paragraph(words(5), "S", "B")), 10)
    assert found == [words(5), words(5)]


def test_a_block_over_the_limit_is_divided_at_the_ends_of_sentences() -> None:
    found = texts(document(paragraph("One two three. Four five six. Seven eight nine.")), 9)
    assert found == ["One two three. Four five six.", "Seven eight nine."]


def test_arabic_sentences_are_divided_at_their_ends() -> None:
    found = texts(document(paragraph("هل وصل القطار؟ نعم وصل القطار. شكرا.")), 5)
    assert found == ["هل وصل القطار؟", "نعم وصل القطار.", "شكرا."]


def test_a_table_row_stays_whole_where_it_fits() -> None:
    found = texts(document(row("a. b. c. d."), row("e. f. g. h."), row("i. j. k. l.")), 12)
    assert found == ["a. b. c. d.", "e. f. g. h.", "i. j. k. l."]


def test_code_is_divided_at_lines() -> None:
    code: Line = (BlockKind.CODE, "a = b. C\n  d = e. F\ng = h. I", ())
    assert texts(document(code), 7) == ["a = b. C", "d = e. F", "g = h. I"]


def test_a_word_over_the_limit_is_divided_between_clusters() -> None:
    family = "👨‍👩‍👧‍👦"
    found = texts(document(paragraph(family * 8)), 20)
    assert "".join(found) == family * 8
    assert all(set(text.split(family)) == {""} for text in found)


def test_a_cluster_with_more_tokens_than_fit_is_a_chunk_of_its_own() -> None:
    family = "👨‍👩‍👧‍👦"
    found = chunks(document(paragraph(f"one {family} two")), 3)
    assert [(chunk.text, chunk.n_tokens) for chunk in found] == [("one", 1), (family, 7), ("two", 1)]


def test_an_unknown_word_counts_by_its_length() -> None:
    found = cut(document(paragraph("x" * 5000)), ChunkingOptions(10, 0), lambda text: [(0, len(text))])
    assert "".join(chunk.text for chunk in found) == "x" * 5000
    assert max(len(chunk.text) for chunk in found) <= 10 * 32


def test_overlap_is_whole_sentences_of_the_same_section() -> None:
    found = texts(
        document(paragraph("One two three. Four five. Six."), paragraph("Seven eight nine ten eleven.")), 11, 5
    )
    assert found == ["One two three. Four five. Six.", "Four five. Six.\n\nSeven eight nine ten eleven."]


def test_overlap_never_crosses_a_heading() -> None:
    found = texts(document(heading("A"), paragraph(words(8), "A"), heading("B"), paragraph(words(8), "B")), 10, 9)
    assert found == [f"A\n\n{words(8)}", f"B\n\n{words(8)}"]


def test_overlap_is_left_out_where_there_is_no_room_for_it() -> None:
    found = texts(document(paragraph("One two. Three four."), paragraph(words(9))), 10, 5)
    assert found == ["One two. Three four.", words(9)]


def test_overlap_holds_no_part_of_a_sentence() -> None:
    assert texts(document(paragraph(words(15))), 10, 5) == [words(10), words(5)]


def test_pages_are_those_of_the_first_and_the_last_character() -> None:
    pages = (PageRange(1, 0, 6), PageRange(2, 6, 20), PageRange(5, 20, 40))
    found = chunks(document(paragraph("a b"), paragraph("c d e f g"), paragraph("h i j k l m"), pages=pages), 8)
    assert [(chunk.page_start, chunk.page_end) for chunk in found] == [(1, 2), (2, 5)]


def test_a_sentence_does_not_end_between_its_stop_and_a_mark_on_it() -> None:
    stop = "。\ufe00"  # A variation selector chooses the stop's place in its square.
    assert texts(document(paragraph(f"北京{stop}上海{stop}")), 6) == [f"北京{stop}", f"上海{stop}"]
