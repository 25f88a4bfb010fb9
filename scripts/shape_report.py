"""Prints how the source is shaped, and fails on what the architecture forbids: nameless modules, and too long ones."""

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "ragstone"
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handlers", "service", "base", "impl"}


def main() -> int:
    """Exit code 1 if a limit is broken."""
    files = {path: path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts}
    lengths = {path: text.count("\n") for path, text in files.items()}
    functions = [entry for path, text in files.items() for entry in function_lengths(path, text)]
    print_row("lines per file", list(lengths.values()))
    print_row("lines per function", [length for _, length in functions])
    print(f"{len(files)} files, {sum(lengths.values())} lines, {len(functions)} functions")
    broken = [
        *(
            f"{path}: {length} lines (at most {MAX_FILE_LINES})"
            for path, length in lengths.items()
            if length > MAX_FILE_LINES
        ),
        *(
            f"{name}: {length} lines (at most {MAX_FUNCTION_LINES})"
            for name, length in functions
            if length > MAX_FUNCTION_LINES
        ),
        *(f"{path}: a name that says nothing" for path in files if path.stem in NAMELESS),
    ]
    print("\n".join(broken))
    return 1 if broken else 0


def function_lengths(path: Path, text: str) -> Iterator[tuple[str, int]]:
    """Every function with its length in lines."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def print_row(name: str, values: list[int]) -> None:
    """The median, the ninth decile and the largest of some lengths."""
    ninth = statistics.quantiles(values, n=10)[-1]
    print(f"{name:20} median {statistics.median(values):4.0f}   p90 {ninth:4.0f}   max {max(values):4d}")


if __name__ == "__main__":
    sys.exit(main())
