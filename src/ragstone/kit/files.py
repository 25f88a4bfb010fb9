"""Files only this user can read."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Write a file only this user can read, whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
