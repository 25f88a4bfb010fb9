"""Texts to a server and vectors back: retried, divided where too much, shortened where too long, the bad ones found."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from ragstone.backends.embed_openai.batches import batches
from ragstone.backends.embed_openai.client import PLAIN_TEXT, Client
from ragstone.backends.embed_openai.failures import Overrun, ServerFailed, TextsRefused
from ragstone.backends.embed_openai.options import Options
from ragstone.backends.embed_openai.problems import EmbedderRateLimited, EmbedderRefused
from ragstone.backends.embed_openai.throttle import Throttle
from ragstone.backends.embed_openai.tokenise import estimate_tokens
from ragstone.backends.embed_openai.wire import Reply
from ragstone.kit.resilience.retry import RetryPolicy, TransientError
from ragstone.ports.vectors import DenseVector

_SHORTEST: Final = 16
_SHARE_KEPT: Final = 2 / 3
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Harvest:
    """What came back, by position: raw vectors, and reasons why a text has none."""

    vectors: dict[int, DenseVector] = field(default_factory=dict)
    rejected: dict[int, str] = field(default_factory=dict)
    n_tokens: int = 0
    n_requests: int = 0
    n_shortened: int = 0


class Lane:
    """One way to a server. Several may share its throttle and its breaker; none waits for another's texts."""

    def __init__(
        self, options: Options, client: Client, throttle: Throttle, retries: RetryPolicy, *, is_urgent: bool
    ) -> None:
        self._is_urgent = is_urgent
        self._options = options
        self._client = client
        self._throttle = throttle
        self._retries = retries
        self._max_inputs = options.batch_inputs

    async def embed(self, texts: Sequence[str]) -> Harvest:
        """A vector or a reason for each text. Raises `EmbedderUnavailable`."""
        harvest = Harvest()
        runs = batches(texts, range(len(texts)), self._max_inputs, self._options.batch_tokens)
        try:
            async with asyncio.TaskGroup() as group:
                for positions in runs:
                    group.create_task(self._batch(texts, positions, harvest))
        except BaseExceptionGroup as troubles:
            raise troubles.exceptions[0] from None
        return harvest

    async def _batch(self, texts: Sequence[str], positions: Sequence[int], harvest: Harvest) -> None:
        try:
            reply = await self._send([texts[position] for position in positions], harvest)
        except TextsRefused as refused:
            await self._refused(texts, positions, harvest, refused)
            return
        harvest.vectors.update(zip(positions, reply.vectors, strict=True))

    async def _refused(
        self, texts: Sequence[str], positions: Sequence[int], harvest: Harvest, refused: TextsRefused
    ) -> None:
        """Find out whose fault it is: the server's, that of too many texts at once, or that of one of them."""
        await self._expect_a_plain_text_to_pass(harvest, refused)
        if len(positions) == 1:
            await self._alone(texts[positions[0]], positions[0], harvest, refused)
            return
        n_bad = len(harvest.rejected) + harvest.n_shortened
        middle = (len(positions) + 1) // 2
        await self._batch(texts, positions[:middle], harvest)
        await self._batch(texts, positions[middle:], harvest)
        if len(harvest.rejected) + harvest.n_shortened == n_bad:  # Nothing was wrong but that they were so many.
            self._max_inputs = min(self._max_inputs, middle)

    async def _expect_a_plain_text_to_pass(self, harvest: Harvest, refused: TextsRefused) -> None:
        try:
            await self._send([PLAIN_TEXT], harvest)
        except TextsRefused:
            facts = {"model": self._options.model, "host": self._options.host, "reason": refused.reason}
            raise EmbedderRefused(**facts) from refused

    async def _alone(self, text: str, position: int, harvest: Harvest, refused: TextsRefused) -> None:
        """A text that is refused by itself is shortened as long as that is what the server asks for."""
        n_chars = len(text)
        while refused.is_too_long and (text := self._shorter(text)):
            try:
                reply = await self._send([text], harvest)
            except TextsRefused as again:
                refused = again
                continue
            _log.warning("a text was cut for the embedding model", chars=n_chars, read=len(text), reason=refused.reason)
            harvest.n_shortened += 1
            harvest.vectors[position] = reply.vectors[0]
            return
        harvest.rejected[position] = refused.reason

    def _shorter(self, text: str) -> str:
        """Cut by the estimate if that says that it is too long, else by a third; nothing when next to nothing is left.

        It ends with a whole word, if one ends near.
        """
        offsets = estimate_tokens(text, is_multilingual=self._options.is_multilingual).offsets
        most = self._options.max_tokens
        end = offsets[most - 1][1] if len(offsets) > most else int(len(text) * _SHARE_KEPT)
        whole_words = text[:end].rpartition(" ")[0]
        kept = whole_words if len(whole_words) > end * _SHARE_KEPT else text[:end]
        return kept if len(kept) >= _SHORTEST else ""

    async def _send(self, texts: Sequence[str], harvest: Harvest) -> Reply:
        try:
            async with self._throttle.turn(texts, is_urgent=self._is_urgent):
                reply = await self._retries.run(lambda: self._attempt(texts, harvest))
        except Overrun as error:
            facts = {"model": self._options.model, "host": self._options.host, "reason": str(error)}
            raise EmbedderRateLimited(**facts, retry_after_s=round(error.retry_after_s, 1)) from error
        except ServerFailed as error:
            if list(texts) == [PLAIN_TEXT]:
                raise self._client.unreachable(str(error)) from error
            raise TextsRefused(str(error), is_too_long=False) from error
        except TransientError as error:
            raise self._client.unreachable(str(error), error.retry_after_s) from error
        harvest.n_tokens += reply.n_tokens
        return reply

    async def _attempt(self, texts: Sequence[str], harvest: Harvest) -> Reply:
        harvest.n_requests += 1
        try:
            reply = await self._client.post(texts)
        except Overrun as error:
            self._throttle.overrun(error.retry_after_s)
            raise
        self._throttle.went_well()
        return reply
