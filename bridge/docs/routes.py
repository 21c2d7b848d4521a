"""Where the documents are served: `/docs`, `/docs/openapi.json`, `/docs/<dialect>/openapi.json`."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bridge.dialect import Dialect
from bridge.docs.answers import Json
from bridge.docs.openapi import document
from bridge.docs.page import page

TITLE = "userbus"
VERSION = "1"
ALL = "/docs/openapi.json"
# Nothing on the page is fetched or run: its one style is written in it.
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


def routes(dialects: Sequence[Dialect]) -> list[Route]:
    """The documents of all dialects together and of each; they are open, as they hold no data."""
    whole = document(dialects, TITLE, VERSION)
    each = {f"/docs/{one.name}/openapi.json": document([one], f"{TITLE} {one.name}", VERSION) for one in dialects}
    links = {path.removeprefix("/docs/"): path for path in (ALL, *each)}
    return [_page(page(whole, links)), *(_json(path, one) for path, one in {ALL: whole, **each}.items())]


def _page(html: str) -> Route:
    async def show(_request: Request) -> Response:
        return HTMLResponse(html, headers=POLICY)

    return Route("/docs", show)


def _json(path: str, content: Json) -> Route:
    async def show(_request: Request) -> Response:
        return JSONResponse(content)

    return Route(path, show)
