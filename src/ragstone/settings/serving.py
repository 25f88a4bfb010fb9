"""How much the server takes on at once, how large a request may be, and how long it may take."""

from pydantic import Field

from ragstone.settings.section import Section


class CapacitySettings(Section):
    """How much is taken on at once, and how large requests and responses may be."""

    requests: int = Field(400, gt=0, description="Most requests at work in this process; more are told to come back.")
    requests_per_tenant: int = Field(300, gt=0, description="Most requests of one tenant at work in this process.")
    watchers: int = Field(1000, gt=0, description="Most streams of jobs that are followed at once.")
    header_count: int = Field(100, gt=0, description="Most headers of a request.")
    header_bytes: int = Field(32 * 2**10, gt=0, description="Most bytes of a request's headers altogether.")
    url_bytes: int = Field(16 * 2**10, gt=0, description="Longest path and query of a request, in bytes.")
    response_bytes: int = Field(
        64 * 2**20, gt=0, description="Largest JSON response; originals, texts and streams may be larger."
    )


class TimeoutSettings(Section):
    """How long requests may take, by their class. Streams may go on for as long as something moves."""

    read_s: float = Field(30.0, gt=0, description="Longest time for reading, in seconds.")
    search_s: float = Field(30.0, gt=0, description="Longest time for a search, in seconds.")
    answer_s: float = Field(120.0, gt=0, description="Longest time until an answer begins, in seconds.")
    write_s: float = Field(120.0, gt=0, description="Longest time for a change, in seconds.")
    ingest_s: float = Field(
        600.0, gt=0, description="Longest time for keeping what was handed in, once it has arrived, in seconds."
    )
    auth_s: float = Field(30.0, gt=0, description="Longest time for signing in, in seconds.")
    idle_s: float = Field(
        60.0, ge=20, description="How long nothing may move in an upload or a streamed response, in seconds."
    )
    headers_s: float = Field(
        20.0, gt=0, description="How long the headers of a request may take to arrive, in seconds."
    )
    keep_alive_s: int = Field(65, gt=0, description="How long an idle connection is kept, in seconds.")
