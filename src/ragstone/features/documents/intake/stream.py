"""A request that carries a stream of records: what it says of itself, and its body as texts to be kept."""

from collections.abc import AsyncIterable
from email.message import Message

from starlette.requests import Request

from ragstone.engine.records.mapping import RecordMapping
from ragstone.features.collections.collection import Collection
from ragstone.features.collections.record_mapping import RecordMappingSpec
from ragstone.features.documents.intake.inflate import unpacked
from ragstone.features.documents.intake.records import JSON_LINES, TABLES, RecordStream, StreamFormat, iter_found
from ragstone.features.documents.intake.schemas import IngestParameters

NO_MAPPING = "none"
"""What the parameter `mapping` says where records are documents already, whatever the collection keeps."""


def is_stream(request: Request) -> bool:
    """Whether the body is a stream of records."""
    media_type, _ = _content_type(request)
    return media_type in JSON_LINES or media_type in TABLES


def read_stream(
    request: Request,
    body: AsyncIterable[bytes],
    parameters: IngestParameters,
    home: Collection,
    max_record_bytes: int,
) -> RecordStream:
    """The texts in the body, as it arrives. Raises `ValidationError` for the mapping, `ContentEncodingUnsupported`,
    and what `iter_found` raises.
    """
    media_type, charset = _content_type(request)
    format_ = StreamFormat(media_type, charset, _mapping(parameters.mapping, home), max_record_bytes)
    plain = unpacked(body, request.headers.get("content-encoding", ""))
    return RecordStream(iter_found(plain, format_), skip_invalid=parameters.on_error == "skip")


def _content_type(request: Request) -> tuple[str, str]:
    """Media type and character set."""
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    return header.get_content_type(), header.get_content_charset("")


def _mapping(given: str | None, home: Collection) -> RecordMapping | None:
    """The mapping of the request, or else of the collection."""
    if given == NO_MAPPING or (given is None and home.record_mapping is None):
        return None
    if given is None:
        return RecordMappingSpec.model_validate(home.record_mapping).value()
    return RecordMappingSpec.model_validate_json(given).value()
