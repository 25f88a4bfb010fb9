"""The application: routes of all slices under one prefix, one problem shape, documentation without any outside host."""

import asyncio
from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

from ragstone import __version__
from ragstone.entry.http import problems
from ragstone.entry.http.middleware import RequestContext
from ragstone.entry.http.openapi import describe_problems
from ragstone.features.answers.routes import router as answers
from ragstone.features.collections.routes import router as collections
from ragstone.features.documents.intake.routes import router as intake
from ragstone.features.documents.routes import router as documents
from ragstone.features.documents.versions.routes import router as versions
from ragstone.features.ingestion.generations.routes import router as generations
from ragstone.features.jobs.feed import JobFeeds
from ragstone.features.jobs.look import patience_of
from ragstone.features.jobs.routes import router as jobs
from ragstone.features.operations.routes import router as operations
from ragstone.features.search.routes import router as search
from ragstone.kit.i18n import catalogue
from ragstone.ports.runtime import Runtime

API_PREFIX: Final = "/api/v1"
_ASSETS: Final = "/docs/assets"
_DESCRIPTION: Final = (
    "Documents in, answers out; every citation is verified against the stored bytes before it leaves the server. "
    "Credentials: `Authorization: Bearer rs_…` or `X-API-Key: rs_…`."
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
        app.state.job_feeds = JobFeeds(runtime.db, runtime.clock, patience_of(runtime.settings))
    problems.install(app)
    app.add_middleware(RequestContext)
    app.include_router(operations)
    app.include_router(_api())
    _serve_documentation(app)
    describe_problems(app)
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix=API_PREFIX)
    for router in (collections, generations, intake, documents, versions, jobs, search, answers):
        api.include_router(router)
    return api


def _serve_documentation(app: FastAPI) -> None:
    assets = Path(fastapi_offline.__file__).parent / "static"
    app.mount(_ASSETS, StaticFiles(directory=assets), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="ragstone API",
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon.png",
        )

    @app.get("/problems/{code}", include_in_schema=False)
    async def problem(code: str, request: Request) -> dict[str, str]:
        """Where the `type` of a problem points: what the code means, with the facts as placeholders."""
        messages = catalogue(request.state.locale)
        if f"problem.{code}.title" not in messages:
            raise problems.RouteNotFound(path=request.url.path)
        return {"code": code, **{part: messages[f"problem.{code}.{part}"] for part in ("title", "detail")}}

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:
        return get_redoc_html(
            openapi_url="/openapi.json",
            title="ragstone API",
            redoc_js_url=f"{_ASSETS}/redoc.standalone.js",
            redoc_favicon_url=f"{_ASSETS}/favicon.png",
            with_google_fonts=False,
        )
