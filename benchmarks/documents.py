"""What becomes of real files: reads each in the sandbox, and compares outcome and text with what is known of it.

python -m benchmarks.documents
"""

from tests.engine.parsing.manifest import Reading, read_all

from ragstone.engine.chunking.chunk import ChunkingOptions
from ragstone.engine.chunking.cut import cut
from ragstone.engine.chunking.words import word_offsets

_GOOD_RECALL = 0.9
_ROW = "{:58} {:28} {:22} {:22} {:>6} {:>6} {:>7}"


def main() -> None:
    """Print a line for each file, and how many ended as they should."""
    readings = read_all()
    print(_ROW.format("file", "type", "wanted", "got", "recall", "chunks", "ms"))
    for reading in readings:
        print(_line(reading))
    right = sum(_is_right(reading) for reading in readings)
    recalls = [reading.recall for reading in readings if reading.recall is not None]
    print(f"{right} of {len(readings)} files ended as they should")
    print(f"{sum(recall >= _GOOD_RECALL for recall in recalls)} of {len(recalls)} have {_GOOD_RECALL} of their words")


def _line(reading: Reading) -> str:
    row, document = reading.row, reading.document
    chunks = cut(document, ChunkingOptions(256, 32), word_offsets) if document else ()
    got = reading.outcome if reading.refusal in {None, "document_encrypted"} else f"{reading.refusal} unasked"
    return _ROW.format(
        row.file,
        (reading.media_type or "").rpartition(".")[2][-28:],
        row.outcome.removeprefix("document_") + (" by password" if row.password else ""),
        got.removeprefix("document_"),
        "" if reading.recall is None else f"{reading.recall:.3f}",
        len(chunks) or "",
        f"{reading.time_s * 1000:.0f}",
    ) + ("" if _is_right(reading) else "  <-")


def _is_right(reading: Reading) -> bool:
    return reading.outcome == reading.row.outcome and reading.refusal in {None, "document_encrypted"}


if __name__ == "__main__":
    main()
