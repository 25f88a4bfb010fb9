"""A worker whose process dies of a certain text. Run with the data folder; ends by itself once no job is open."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from ragstone.bootstrap import build
from ragstone.entry.worker.supervise import background
from ragstone.features.jobs.job import FINAL
from ragstone.features.jobs.tables import jobs
from ragstone.ports.embedders import Embedders
from ragstone.ports.vectors import DenseMatrix
from ragstone.settings import EmbeddingSettings, IngestionSettings, Settings
from ragstone.testing.fake_embedder import FakeEmbedder

DEADLY = "cyanide"


@dataclass(slots=True)
class DeadlyEmbedder(FakeEmbedder):
    """Kills the process as the kernel does when memory is short."""

    async def embed_passages(self, texts: Sequence[str]) -> DenseMatrix:
        if any(DEADLY in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return await FakeEmbedder.embed_passages(self, texts)


def settings(folder: Path) -> Settings:
    return Settings(
        data_dir=folder,
        embedding=EmbeddingSettings(provider="none"),
        ingestion=IngestionSettings(batch_documents=8),
    )


async def main(folder: Path) -> None:
    async with build(settings(folder)) as built:
        deadly = DeadlyEmbedder()
        runtime = replace(built, embedders=Embedders(deadly, {"deadly": deadly}))
        still_open = sa.select(sa.func.count()).where(jobs.c.status.not_in(FINAL))
        async with background(runtime, alone=True):
            while True:
                async with runtime.db.read_across_tenants() as connection:
                    if not await connection.scalar(still_open):
                        return
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
