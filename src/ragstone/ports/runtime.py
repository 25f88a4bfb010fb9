"""Everything a running ragstone holds: the store and the ports, opened together and closed together."""

from dataclasses import dataclass, field

from ragstone.db.database import Database
from ragstone.kit.clock import Clock
from ragstone.kit.latest import Latest
from ragstone.kit.pepper import Pepper
from ragstone.kit.resilience.breaker import Breaker
from ragstone.ports.blob_store import BlobStore
from ragstone.ports.cache import Cache
from ragstone.ports.chat_model import ChatModel
from ragstone.ports.embedder import Embedder
from ragstone.ports.embedders import Embedders
from ragstone.ports.job_queue import JobQueue
from ragstone.ports.mailer import Mailer
from ragstone.ports.rate_limiter import RateLimiter
from ragstone.ports.search_index import SearchIndex
from ragstone.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process's ports.

    `breakers` stand in front of whatever lives outside the process, and are here to be looked at.
    `key_uses` gathers when each API key was last used, to be written beside the requests.
    """

    settings: Settings
    db: Database
    index: SearchIndex
    blobs: BlobStore
    queue: JobQueue
    cache: Cache
    limiter: RateLimiter
    embedders: Embedders
    chat: ChatModel
    mailer: Mailer
    clock: Clock
    pepper: Pepper
    breakers: tuple[Breaker, ...] = ()
    key_uses: Latest = field(default_factory=Latest)

    @property
    def embedder(self) -> Embedder | None:
        """The model of new collections; None when the server runs on words alone."""
        return self.embedders.default
