"""Routes of the documents.

`/docs` with its scripts, `/docs/openapi.json`, `/docs/<dialect>/openapi.json`; `/docs/bus` and `/docs/asyncapi.json`.
"""

from collections.abc import Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.openapi import bus_page
from bridge.openapi.document import document
from bridge.openapi.page import ASSETS, PAGE, POLICY, scalar_file, start_script
from bridge.rest.dialect import Dialect
from contracts.asyncapi.document import asyncapi

TITLE = "userbus"
VERSION = "1"
SCRIPT = "text/javascript"
ALL = "/docs/openapi.json"
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}
BUS_HEADERS = HEADERS | {"Content-Security-Policy": bus_page.POLICY}


def routes(dialects: Sequence[Dialect]) -> list[Route]:
    """The pages of the dialects and of the bus, and their documents; they need no authentication."""
    documents = {ALL: document(dialects, TITLE, VERSION)} | {
        f"/docs/{dialect.name}/openapi.json": document([dialect], f"{TITLE} {dialect.name}", VERSION)
        for dialect in dialects
    }
    script = start_script({content["info"]["title"]: path for path, content in documents.items()})
    return [
        _route("/", partial(RedirectResponse, "/docs")),
        _route("/docs/", partial(RedirectResponse, "/docs")),
        _route("/docs", partial(HTMLResponse, PAGE, headers=HEADERS)),
        _route(f"{ASSETS}/start.js", partial(Response, script, headers=HEADERS, media_type=SCRIPT)),
        _route(f"{ASSETS}/scalar.js", partial(FileResponse, scalar_file(), headers=HEADERS, media_type=SCRIPT)),
        *(_route(path, partial(JSONResponse, content)) for path, content in documents.items()),
        *_bus_routes(),
    ]


def _bus_routes() -> list[Route]:
    contract = asyncapi()
    page = bus_page.bus_page(contract)
    return [
        _route("/docs/bus", partial(HTMLResponse, page, headers=BUS_HEADERS)),
        _route(bus_page.STYLE_PATH, partial(Response, bus_page.STYLE, headers=HEADERS, media_type="text/css")),
        _route("/docs/asyncapi.json", partial(JSONResponse, contract)),
    ]


def _route(path: str, create_response: Callable[[], Response]) -> Route:
    """A response is created for each request, because the middleware changes its headers."""

    async def answer(_request: Request) -> Response:
        return create_response()

    return Route(path, answer)
