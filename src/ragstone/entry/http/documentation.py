"""Pages that show the API, without any outside host and without a line of script in them."""

from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse, Response

from ragstone.entry.http.headers import ASSETS
from ragstone.entry.http.problems import RouteNotFound
from ragstone.kit.i18n import catalogue

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ragstone API</title>
<link rel="icon" href="{assets}/favicon.png">
{head}
</head>
<body>
{body}
</body>
</html>
"""
_SWAGGER: Final = _PAGE.format(
    assets=ASSETS,
    head=f'<link rel="stylesheet" href="{ASSETS}/swagger-ui.css">',
    body=f'<div id="swagger-ui"></div>\n<script src="{ASSETS}/swagger-ui-bundle.js"></script>\n'
    f'<script src="{ASSETS}/start.js"></script>',
)
_REDOC: Final = _PAGE.format(
    assets=ASSETS,
    head="",
    body=f'<redoc spec-url="/openapi.json"></redoc>\n<script src="{ASSETS}/redoc.standalone.js"></script>',
)
_START: Final = """\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  layout: "BaseLayout",
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""


def serve_documentation(app: FastAPI) -> None:
    """Add the pages, what they load, and what the `type` of a problem points at."""

    @app.get(f"{ASSETS}/start.js", include_in_schema=False)
    async def start() -> Response:
        """What Swagger's page would do in a script of its own, which the page's policy does not allow."""
        return Response(_START, media_type="text/javascript")

    app.mount(ASSETS, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_SWAGGER)

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:
        return HTMLResponse(_REDOC)

    @app.get("/problems/{code}", include_in_schema=False)
    async def problem(code: str, request: Request) -> dict[str, str]:
        """Where the `type` of a problem points: what the code means, with the facts as placeholders."""
        messages = catalogue(request.state.locale)
        if f"problem.{code}.title" not in messages:
            raise RouteNotFound(path=request.url.path)
        return {"code": code, **{part: messages[f"problem.{code}.{part}"] for part in ("title", "detail")}}
