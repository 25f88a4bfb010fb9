import pytest

from ragstone.engine.parsing.limits import ParseLimits, ParseOptions
from ragstone.engine.parsing.parse import PARSERS, parse
from ragstone.engine.parsing.problems import DocumentCorrupt, DocumentEmpty, DocumentTooLarge, DocumentTypeUnsupported


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
@pytest.mark.parametrize("content", [b"", b" \n\t\r\n ", b"\xef\xbb\xbf \n"])
def test_white_space_alone_is_an_empty_document(limits: ParseLimits, media_type: str, content: bytes) -> None:
    with pytest.raises(DocumentEmpty) as caught:
        parse(content, media_type, ParseOptions(limits))
    assert caught.value.facts == {"media_type": media_type}


@pytest.mark.parametrize("media_type", sorted(PARSERS))
def test_bytes_that_are_nothing_are_corrupt(limits: ParseLimits, media_type: str) -> None:
    with pytest.raises(DocumentCorrupt) as caught:
        parse(bytes(range(256)) * 4, media_type, ParseOptions(limits))
    assert caught.value.facts == {"media_type": media_type}


def test_a_text_over_the_limit_is_too_large() -> None:
    with pytest.raises(DocumentTooLarge) as caught:
        parse(b"four", "text/plain", ParseOptions(ParseLimits(max_pages=1, max_chars=3)))
    assert caught.value.facts == {"max_pages": 1, "max_chars": 3}


def test_a_type_without_a_parser_is_unsupported(limits: ParseLimits) -> None:
    with pytest.raises(DocumentTypeUnsupported):
        parse(b"x", "image/png", ParseOptions(limits))
