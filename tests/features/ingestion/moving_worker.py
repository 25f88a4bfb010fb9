"""A worker whose process dies at a certain call. Run with the data folder and `CALL:NUMBER`; ends when all is done."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ragstone.bootstrap import build
from ragstone.entry.worker.supervise import background
from ragstone.features.jobs.job import FINAL
from ragstone.features.jobs.tables import jobs
from ragstone.ports.embedders import Embedders
from ragstone.ports.runtime import Runtime
from ragstone.ports.search_index import SearchIndex
from ragstone.ports.vectors import DenseMatrix
from ragstone.settings import EmbeddingSettings, IngestionSettings, Settings
from ragstone.testing.fake_embedder import FakeEmbedder


@dataclass(slots=True)
class Fate:
    """Kills the process at the given number of one call, as a power failure does; at none if the number is 0."""

    call: str
    number: int
    seen: int = 0

    def meet(self, call: str) -> None:
        """Count the call."""
        self.seen += call == self.call
        if self.number and self.seen == self.number:
            os.kill(os.getpid(), signal.SIGKILL)


class FatalIndex:
    """An index that meets its fate after a call has been done."""

    def __init__(self, index: SearchIndex, fate: Fate) -> None:
        self._index = index
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._index, name)

        async def call(*arguments: Any) -> Any:
            answer = await method(*arguments)
            self._fate.meet(name)
            return answer

        return call


@dataclass(slots=True)
class FatalEmbedder(FakeEmbedder):
    """A model that meets its fate when the vectors are made, and not yet kept."""

    fate: Fate | None = None

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        vectors = await FakeEmbedder.embed_passages(self, texts)
        if self.fate is not None:
            self.fate.meet("embed")
        return vectors


def settings(folder: Path) -> Settings:
    """No model of its own; the tests bring theirs."""
    return Settings(
        data_dir=folder,
        embedding=EmbeddingSettings(provider="none"),
        ingestion=IngestionSettings(max_attempts=1000),
    )


def with_models(runtime: Runtime, fate: Fate) -> Runtime:
    """The runtime with a model of 384 dimensions and one of 1536."""
    small, large = FakeEmbedder(384, model="small"), FatalEmbedder(1536, model="large", fate=fate)
    embedders = Embedders(small, {"small": small, "large": large})
    return replace(runtime, embedders=embedders, index=FatalIndex(runtime.index, fate))


async def main(folder: Path, fate: Fate) -> None:
    """Work until no job is open."""
    async with build(settings(folder)) as built:
        runtime = with_models(built, fate)
        still_open = sa.select(sa.func.count()).where(jobs.c.status.not_in(FINAL))
        async with background(runtime, alone=True):
            while True:
                async with runtime.db.read_across_tenants() as connection:
                    if not await connection.scalar(still_open):
                        return
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    _call, _, _number = sys.argv[2].partition(":")
    asyncio.run(main(Path(sys.argv[1]), Fate(_call, int(_number))))
