"""Handing documents in over HTTP."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from ragstone.features.accounts.permissions import Permission, require
from ragstone.features.accounts.quotas.reserve import ledger_of
from ragstone.features.accounts.repeatable import DigestedBody
from ragstone.features.accounts.routes import Caller, Locale, Once, Ports
from ragstone.features.documents.document import Document, UploadEmpty
from ragstone.features.documents.intake.draft import IncomingFile, Label
from ragstone.features.documents.intake.ingest import find_home, ingest, ingest_stream
from ragstone.features.documents.intake.receipt import Receipt
from ragstone.features.documents.intake.schemas import (
    ContentReceipt,
    ContentUpdate,
    IngestMany,
    IngestOne,
    IngestParameters,
    IngestReceipt,
    LabelFields,
    ReceiptCounts,
    SkippedRecord,
)
from ragstone.features.documents.intake.stream import is_stream, read_stream
from ragstone.features.documents.intake.update import UpdateReceipt, update_with_file, update_with_text
from ragstone.features.documents.intake.upload import upload
from ragstone.features.documents.read import list_states
from ragstone.features.documents.schemas import DocumentView, VersionView
from ragstone.features.documents.stock import require_space
from ragstone.features.documents.version_store import VersionState
from ragstone.features.jobs.schemas import AskedPriority, JobView
from ragstone.kit.scope import Scope
from ragstone.kit.strict_json import JsonInvalid, parse_json
from ragstone.ports.runtime import Runtime

router = APIRouter(tags=["documents"])

NDJSON = "application/x-ndjson"
IDEMPOTENCY_KEY = "idempotency-key"
_PIECE_BYTES = 256 * 1024
_MAX_PASSWORD_CHARS = 1000
Model = TypeVar("Model", bound=BaseModel)

_URGENCY = "How urgent the job is among yours. Unset: `normal`, for a stream of records `low`."

_UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "metadata": {"type": "string", "description": "A JSON object, for every file."},
                        "password": {"type": "string", "description": "What opens those files that are encrypted."},
                    },
                }
            }
        },
    }
}

_CONTENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "password": {"type": "string", "description": "What opens the file, if it is encrypted."},
                    },
                }
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/ContentUpdate"}},
        },
    }
}

_LINES = "One object a line: a `DocumentCreate`, or whatever the mapping is for."
_TABLE = "A table, whose first row names the fields of the mapping."
_INGEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [{"$ref": "#/components/schemas/IngestMany"}, {"$ref": "#/components/schemas/IngestOne"}]
                }
            },
            NDJSON: {"schema": {"type": "string", "description": _LINES}},
            "text/csv": {"schema": {"type": "string", "description": _TABLE}},
        },
    }
}


@router.post(
    "/collections/{collection_id}/documents",
    status_code=202,
    response_model=IngestReceipt,
    openapi_extra=_UPLOAD_FORM,
)
async def upload_documents(  # noqa: PLR0913, PLR0917 - A parameter is a part of the request.
    request: Request,
    ports: Ports,
    caller: Caller,
    locale: Locale,
    once: Once,
    collection_id: str,
    priority: Annotated[AskedPriority, Query(description=_URGENCY)] = AskedPriority.NORMAL,
) -> IngestReceipt | Response:
    """Upload files (`files`, with `tags`, `metadata` and `password` for all of them); a job reads them."""
    require(caller, Permission.WRITE)
    if IDEMPOTENCY_KEY not in request.headers:  # What is sent again needs no room: it is there already.
        await require_space(ledger_of(ports), caller)
    async with request.form(max_files=ports.settings.http.max_files, max_fields=200) as form:
        label = _label(form)
        act = partial(upload, ports, caller, collection_id, _files(form), label, priority=priority.priority())
        view = partial(_receipt, locale=locale)
        return await once.answer(act, view, status=202, fingerprint=partial(_form_fingerprint, form))


@router.put(
    "/documents/{document_id}/content",
    status_code=202,
    openapi_extra=_CONTENT_BODY,
    responses={200: {"model": ContentReceipt, "description": "The content is not new."}},
)
async def update_content(
    request: Request, response: Response, ports: Ports, caller: Caller, locale: Locale, document_id: str
) -> ContentReceipt:
    """Hand in new content, as a `file` or as text; what the document says now answers until it has been read."""
    require(caller, Permission.WRITE)
    receipt = await _update(request, ports, caller, document_id)
    if receipt.job is None:
        response.status_code = 200
    states = await list_states(ports.db, caller, [document_id])
    return ContentReceipt(
        document=DocumentView.of(receipt.document, locale, states.get(document_id, VersionState(None, None))),
        version=VersionView.of(receipt.version, locale),
        unchanged=receipt.job is None,
        job=JobView.of(receipt.job, locale) if receipt.job else None,
    )


async def _update(request: Request, ports: Runtime, caller: Scope, document_id: str) -> UpdateReceipt:
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        body = _validated(ContentUpdate, await _json(request))
        return await update_with_text(ports, caller, document_id, body.text, body.source_type)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise UploadEmpty
        incoming = IncomingFile(file.filename or "file", _pieces(file), _password(form))
        return await update_with_file(ports, caller, document_id, incoming)


@router.post("/ingest", status_code=202, response_model=IngestReceipt, openapi_extra=_INGEST_BODY)
async def ingest_documents(
    request: Request,
    ports: Ports,
    caller: Caller,
    locale: Locale,
    once: Once,
    parameters: Annotated[IngestParameters, Query()],
) -> IngestReceipt | Response:
    """Hand in documents as text: one or many as JSON, or a stream of records as NDJSON, CSV or TSV.

    A document with an `external_id` that the collection has already is left alone if it says the same, and gets a new
    version if not. A stream may come with `Content-Encoding: gzip`.
    """
    require(caller, Permission.WRITE)
    view = partial(_receipt, locale=locale)
    if is_stream(request):
        home = await find_home(ports, caller, parameters.collection_id)
        body = DigestedBody(request.stream())
        urgency = (parameters.priority or AskedPriority.LOW).priority()
        try:
            stream = read_stream(request, body, parameters, home, ports.settings.http.max_body_bytes)
        except ValidationError as error:
            raise RequestValidationError([_of_mapping(item) for item in error.errors(include_context=False)]) from error
        act = partial(ingest_stream, ports, caller, home, stream, priority=urgency)
        return await once.answer(act, view, status=202, fingerprint=body.fingerprint)
    many = _many(await _json(request))
    drafts = [document.draft() for document in many.documents]
    urgency = (parameters.priority or AskedPriority.NORMAL).priority()
    act = partial(ingest, ports, caller, many.collection_id or parameters.collection_id, drafts, priority=urgency)
    return await once.answer(act, view, status=202)


async def _form_fingerprint(form: FormData) -> str:
    """A hash of every field and file, in order: the bytes of a multipart body differ each time it is sent."""
    digest = hashlib.sha256()
    for name, item in form.multi_items():
        if isinstance(item, UploadFile):
            await item.seek(0)
            content = hashlib.sha256()
            async for piece in _pieces(item):
                content.update(piece)
            await item.seek(0)
            value = f"{item.filename}\0{content.hexdigest()}"
        else:
            value = item
        digest.update(f"{len(name)}:{name}{len(value)}:{value}".encode())
    return digest.hexdigest()


async def _files(form: FormData) -> AsyncIterator[IncomingFile]:
    password = _password(form)
    for item in form.getlist("files"):
        if isinstance(item, UploadFile):
            yield IncomingFile(item.filename or "file", _pieces(item), password)


def _password(form: FormData) -> str | None:
    password = form.get("password") or None
    if isinstance(password, UploadFile) or len(password or "") > _MAX_PASSWORD_CHARS:
        reason = f"not a text of at most {_MAX_PASSWORD_CHARS} characters"
        detail = {"type": "password", "loc": ("body", "password"), "msg": reason, "input": None}
        raise RequestValidationError([detail])
    return password


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE_BYTES):
        yield piece


def _label(form: FormData) -> Label:
    tags = [part for item in form.getlist("tags") if isinstance(item, str) for part in _tags(item)]
    metadata = form.get("metadata") or "{}"
    try:
        parsed = parse_json(metadata.encode()) if isinstance(metadata, str) else None
        return LabelFields.model_validate({"tags": tags, "metadata": parsed}).label()
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error
    except JsonInvalid as error:
        reason = f"not valid JSON: {error.msg}"
        detail = {"type": "json_object", "loc": ("body", "metadata"), "msg": reason, "input": None}
        raise RequestValidationError([detail]) from error


def _tags(item: str) -> list[str]:
    """One tag, or a JSON array of tags, as some clients send lists."""
    if item.startswith("["):
        try:
            found = parse_json(item.encode())
        except JsonInvalid:
            return [item]
        return found if isinstance(found, list) else [item]
    return [item]


async def _json(request: Request) -> Any:
    try:
        body = await request.body()
        return request.state.json if hasattr(request.state, "json") else parse_json(body)
    except JsonInvalid as error:
        detail = {"type": "json_invalid", "loc": ("body",), "msg": error.msg, "input": None}
        raise RequestValidationError([detail]) from error


def _many(body: Any) -> IngestMany:
    if isinstance(body, dict) and "documents" in body:
        return _validated(IngestMany, body)
    one = _validated(IngestOne, body)
    return IngestMany(collection_id=one.collection_id, documents=[one])


def _validated(model: type[Model], body: Any) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


def _receipt(receipt: Receipt, locale: str) -> IngestReceipt:
    return IngestReceipt(
        documents=[_document_view(document, locale, receipt.states) for document in receipt.documents],
        job=JobView.of(receipt.job, locale),
        counts=ReceiptCounts.model_validate(receipt.counts, from_attributes=True),
        errors=[SkippedRecord.model_validate(error, from_attributes=True) for error in receipt.errors],
    )


def _document_view(document: Document, locale: str, states: Mapping[str, VersionState]) -> DocumentView:
    known = (states[document.id],) if document.id in states else ()
    return DocumentView.of(document, locale, *known)


def _of_mapping(detail: ErrorDetails) -> dict[str, Any]:
    """What is wrong with a mapping, as an error of the parameter. Broken JSON must not pass for a broken body."""
    type_ = "mapping_invalid" if detail["type"] == "json_invalid" else detail["type"]
    return {**detail, "type": type_, "loc": ("query", "mapping", *detail["loc"])}
