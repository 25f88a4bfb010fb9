"""`make mutation-test`: every filter that keeps tenants apart is taken out in turn; something has to notice it."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.isolation.difference import Worlds, store_functions
from tests.isolation.mutants import FILTERS, Mutant, mutants, planted, source_without, survivors
from tests.isolation.names import tenantless_names
from tests.isolation.world import make_world

HARMLESS: Final = {
    "accounts.api_keys:": "the identifier of a key, which comes from the credential, is nobody else's",
    "_limit: ": "the identifier of a caller, which is part of the name, is nobody else's",
    "lock_collection: ": "it only makes others wait, and tells nothing",
    " hydrate: ": "the chunk and its document are both asked whose they are, and either answer is enough",
    "abandon_blobs: version": "keys of blobs begin with their tenant, so that no other's version is read from one",
    "ingestion.unindex:": "identifiers of documents are nobody else's, in whatever space they are looked for",
    "_lock: f'embeddings/": "tenants would wait for each other, and see nothing",
    "count_due_of_others": "it counts the others by intent, and its own tenant besides",
}
"""Filters without which nothing can be told apart, by part of their line, each with the reason."""


def noticer(worlds: Worlds) -> Callable[[Mutant], str | None]:
    """Tells what notices a mutant: the rule about names, or the first store function that gives a tenant away."""
    functions = store_functions()

    def notice(mutant: Mutant) -> str | None:
        named = next(tenantless_names(mutant.module, source_without(mutant)), None)
        if named is not None:
            return f"the rule about names: {named}"
        near = {name: item for name, item in functions.items() if name.startswith(f"{mutant.module}.")}
        far = functions if mutant.function in FILTERS else {}
        with planted(mutant):
            for some in (near, far):
                found = next(worlds.differences(some), None)
                if found is not None:
                    return found
        return None

    return notice


def main() -> int:
    """The exit status: 0 if every mutant but the harmless ones was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose line contains this")
    parser.add_argument("--every", type=int, default=1, help="take every n-th of them")
    options = parser.parse_args()
    chosen = [mutant for mutant in mutants() if options.only in str(mutant)][:: options.every]
    with tempfile.TemporaryDirectory() as folder, closing(Worlds(*asyncio.run(make_world(Path(folder))))) as worlds:
        left = survivors(chosen, noticer(worlds), _tell, HARMLESS)
    _tell(f"{len(chosen)} mutants, {len(left)} survived")
    return 1 if left else 0


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
