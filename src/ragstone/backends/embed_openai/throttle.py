"""Who may ask an embeddings server when, so that it is asked neither too much nor needlessly little."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from ragstone.backends.embed_openai.options import Options
from ragstone.backends.embed_openai.tokenise import estimate_size
from ragstone.kit.resilience.limits import AdaptiveLimit, TokenBucket

_SHORTEST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


class Throttle:
    """One server's limits: requests and tokens a minute where they are configured, else as many at once as it bears.

    Questions are counted and never kept waiting; passages wait the longer.
    """

    def __init__(self, options: Options) -> None:
        self.limit = AdaptiveLimit(options.concurrency)
        self._requests = TokenBucket(options.requests_per_minute) if options.requests_per_minute else None
        self._tokens = TokenBucket(options.tokens_per_minute) if options.tokens_per_minute else None

    @asynccontextmanager
    async def turn(self, texts: Sequence[str], *, is_urgent: bool) -> AsyncIterator[None]:
        """Wait for one's turn, and keep it while the block runs."""
        size = sum(map(estimate_size, texts))
        if is_urgent:
            for bucket, amount in ((self._requests, 1), (self._tokens, size)):
                if bucket:
                    bucket.spend(amount)
            yield
            return
        async with self.limit.slot():
            if self._requests:
                await self._requests.take(1)
            if self._tokens:
                await self._tokens.take(size)
            yield

    def overrun(self, pause_s: float) -> None:
        """The server was asked too much, and wants to be left alone for a while."""
        self.limit.overrun(min(_LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, pause_s)))

    def went_well(self) -> None:
        """The server answered."""
        self.limit.went_well()
