"""Why an embeddings server is of no use at the moment, each with what to do about it.

All but `EmbedderNotConfigured` may pass without a restart, so durable work waits for it: ragstone asks again after a
pause, and goes on by itself once somebody has put more money in or pulled the model.
"""

from typing import ClassVar

from ragstone.kit.problem import Kind, Problem
from ragstone.ports.embedder import EmbedderUnavailable


class EmbedderNotConfigured(Problem):
    """A setting is missing that nothing can be guessed from. Facts: `setting`, `variable`, `example`."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "embedder_not_configured"


class EmbedderUnreachable(EmbedderUnavailable):
    """The server does not answer, or says that it is in trouble. Facts: `model`, `host`, `reason`."""

    code: ClassVar[str] = "embedder_unreachable"


class EmbedderRateLimited(EmbedderUnavailable):
    """The server was asked too much. Facts: `model`, `host`, `reason`, `retry_after_s`."""

    code: ClassVar[str] = "embedder_rate_limited"


class EmbedderOutOfCredit(EmbedderUnavailable):
    """The account has no credit left. Facts: `model`, `host`, `reason`."""

    code: ClassVar[str] = "embedder_out_of_credit"


class EmbedderKeyRefused(EmbedderUnavailable):
    """The server does not accept the API key. Facts: `model`, `host`, `reason`."""

    code: ClassVar[str] = "embedder_key_refused"


class EmbedderModelMissing(EmbedderUnavailable):
    """The server knows no such model, or no embeddings at this address. Facts: `model`, `host`, `reason`."""

    code: ClassVar[str] = "embedder_model_missing"


class EmbedderRefused(EmbedderUnavailable):
    """The server refuses even the plainest text, so something is wrong with the request. Facts: as above."""

    code: ClassVar[str] = "embedder_refused"


class EmbedderSizeChanged(EmbedderUnavailable):
    """The vectors are not of the size they had. Facts: `model`, `host`, `expected`, `found`."""

    code: ClassVar[str] = "embedder_size_changed"


class EmbedderSizeUnknown(EmbedderUnavailable):
    """The server has never answered yet, so the size of its vectors is not known. Facts: `model`, `host`."""

    code: ClassVar[str] = "embedder_size_unknown"
