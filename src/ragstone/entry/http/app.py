"""The application: routes of all slices under one prefix, one problem shape, documentation without any outside host."""

import asyncio
from typing import Final

from fastapi import APIRouter, FastAPI

from ragstone import __version__
from ragstone.entry.http import problems
from ragstone.entry.http.capacity import Capacity, Sizes
from ragstone.entry.http.cors import Origins, Preflight
from ragstone.entry.http.documentation import serve_documentation
from ragstone.entry.http.headers import ResponseHeaders
from ragstone.entry.http.hosts import AllowedHosts
from ragstone.entry.http.middleware import RequestContext
from ragstone.entry.http.openapi import describe_problems
from ragstone.entry.http.proxies import TrustedProxies
from ragstone.entry.http.strict import StrictJson
from ragstone.entry.http.timeouts import Timeouts
from ragstone.features.accounts.identity import open_identity
from ragstone.features.accounts.invitations.routes import router as invitations
from ragstone.features.accounts.keys.routes import router as api_keys
from ragstone.features.accounts.members.routes import router as members
from ragstone.features.accounts.quotas.meter import RequestMeter
from ragstone.features.accounts.quotas.reserve import ledger_of
from ragstone.features.accounts.sign_in.routes import public_keys
from ragstone.features.accounts.sign_in.routes import router as sign_in
from ragstone.features.accounts.users.routes import router as users
from ragstone.features.answers.routes import router as answers
from ragstone.features.audit.routes import router as audit
from ragstone.features.collections.routes import router as collections
from ragstone.features.documents.intake.routes import router as intake
from ragstone.features.documents.routes import router as documents
from ragstone.features.documents.versions.routes import router as versions
from ragstone.features.ingestion.generations.routes import router as generations
from ragstone.features.jobs.feed import JobFeeds
from ragstone.features.jobs.look import patience_of
from ragstone.features.jobs.routes import router as jobs
from ragstone.features.operations.quotas.routes import router as quotas
from ragstone.features.operations.routes import router as operations
from ragstone.features.operations.tenants.routes import router as tenants
from ragstone.features.search.routes import router as search
from ragstone.ports.runtime import Runtime
from ragstone.settings import Settings

API_PREFIX: Final = "/api/v1"
_DESCRIPTION: Final = (
    "Documents in, answers out; every citation is verified against the stored bytes before it leaves the server. "
    "Credentials: an access token of `/auth/login` or an API key, as `Authorization: Bearer …`; an API key also as "
    "`X-API-Key: rs_…`."
)


_ROUTERS: Final = (
    sign_in,
    users,
    api_keys,
    invitations,
    members,
    tenants,
    quotas,
    collections,
    generations,
    intake,
    documents,
    versions,
    jobs,
    search,
    answers,
    audit,
)


def create_app(runtime: Runtime | None = None) -> FastAPI:
    """The application over a runtime that outlives it. Without one it can only describe itself."""
    app = FastAPI(
        title="ragstone",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.runtime = runtime
    app.state.closing = asyncio.Event()
    if runtime is not None:  # Without one, the application only tells what it would offer.
        app.state.identity = open_identity(runtime)
        app.state.meter = RequestMeter(ledger_of(runtime))
        app.state.job_feeds = JobFeeds(runtime.db, runtime.clock, patience_of(runtime.settings))
    problems.install(app)
    _add_middleware(app, Settings() if runtime is None else runtime.settings)
    app.include_router(operations)
    app.include_router(public_keys)
    app.include_router(_api())
    serve_documentation(app)
    describe_problems(app)
    return app


def _add_middleware(app: FastAPI, all_settings: Settings) -> None:
    """What every request passes, from the inside out."""
    settings = all_settings.http
    origins = Origins(settings)
    app.add_middleware(StrictJson)
    app.add_middleware(Preflight, origins=origins)
    app.add_middleware(AllowedHosts, settings=settings)
    app.add_middleware(Timeouts, settings=all_settings.timeouts)
    app.add_middleware(Capacity, settings=all_settings.capacity)
    app.add_middleware(Sizes, settings=all_settings.capacity)
    app.add_middleware(RequestContext)
    app.add_middleware(ResponseHeaders, origins=origins, hsts_s=settings.hsts_s)
    app.add_middleware(TrustedProxies, trusted=settings.trusted_proxies)


def _api() -> APIRouter:
    api = APIRouter(prefix=API_PREFIX)
    for router in _ROUTERS:
        api.include_router(router)
    return api
