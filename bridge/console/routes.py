"""The routes of the console, made from its pages: who asks, from where, with which form; then the page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.console.errors import render_error, render_refusal
from bridge.console.gate import authenticate, redirect_to_sign_in
from bridge.console.page import HEADERS, PREFIX, ConsolePage, PageRequest, PageRoute
from bridge.console.pages import (
    audit,
    dead,
    events,
    integrations,
    overview,
    resources,
    retries,
    roles,
    sign_in,
    sms,
    tenants,
    tokens,
    user,
    user_roles,
    users,
)
from bridge.console.rendering import create_templates
from bridge.console.watch import Watch
from bridge.rest.body import form_values, read_body
from bridge.rest.cross_site import is_own_page
from bridge.rest.protocol import REFUSED
from bridge.rest.traffic import Traffic
from client.bus import Bus

ASSETS = Path(__file__).parent / "assets"
ASSET_TYPES = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}
NO_PAGE = ConsolePage("", ())


class NumberConvertor(IntegerConvertor):
    """`{id:number}` in a path: no longer than numbers of ours are; Python reads none of thousands of digits."""

    regex = "[0-9]{1,18}"


register_url_convertor("number", NumberConvertor())

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class ConsoleOptions:
    """Where the console reaches the broker, for queues, dead letters and the log of events, and how.

    Its cookie is for https alone if `is_secure`; with `keep_callers` redriven messages keep their `user_id`.
    """

    amqp_url: str
    is_secure: bool
    keep_callers: bool


def routes(bus: Bus, traffic: Traffic, watch: Watch, options: ConsoleOptions) -> list[Route]:
    """The console's pages, which ask `bus`; `traffic` is what the bridge has answered lately, `watch` what others did.

    To add a page, write a module in `pages` that ends with its `PAGE`, and a template; add it here, in the order of the
    menu.
    """
    pages = (
        overview.page(watch, traffic),
        dead.page(options.amqp_url, options.keep_callers),
        retries.PAGE,
        users.PAGE,
        user.PAGE,
        user_roles.PAGE,
        roles.PAGE,
        resources.PAGE,
        audit.PAGE,
        events.page(options.amqp_url),
        sms.PAGE,
        integrations.PAGE,
        tenants.PAGE,
        tokens.PAGE,
        sign_in.PAGE,
    )
    templates = create_templates(pages)
    create = partial(PageRequest, bus=bus, templates=templates, is_secure=options.is_secure)
    start = PREFIX + pages[0].routes[0].path
    return [
        _route("GET", PREFIX, partial(_answer_redirect, start)),
        _route("GET", PREFIX + "/", partial(_answer_redirect, start)),
        *(_route("GET", f"{PREFIX}/assets/{name}", partial(_answer_asset, name)) for name in ASSET_TYPES),
        *(
            _route(route.method, PREFIX + route.path, partial(_answer, partial(create, page=page), route))
            for page in pages
            for route in page.routes
        ),
        _route("GET", PREFIX + "/{path:path}", partial(_answer_unknown, partial(create, page=NO_PAGE))),
    ]


def _route(method: str, path: str, answer: Endpoint) -> Route:
    async def answer_recorded(http: Request) -> Response:
        http.state.dialect, http.state.route = "console", path
        return await answer(http)

    return Route(path, answer_recorded, methods=[method])


async def _answer(create: Callable[[Request], PageRequest], route: PageRoute, http: Request) -> Response:
    request = create(http)
    try:
        return _refuse_head(request) or _refuse_other_site(request) or await _serve(request, route)
    except Exception as error:  # whatever happens is shown on a page
        return render_error(request, error)


async def _serve(request: PageRequest, route: PageRoute) -> Response:
    if not route.public:
        request.operator = await authenticate(request)
        if request.operator is None:
            return redirect_to_sign_in(request.http)
        request.http.state.actor = f"user:{request.operator.id}"
    if route.method == "POST":
        request.form = form_values(await read_body(request.http))
    return await route.answer(request)


def _refuse_head(request: PageRequest) -> Response | None:
    refused = request.http.scope.get("extensions", {}).get(REFUSED)
    return render_refusal(request, refused["status"], "The request cannot be read.") if refused else None


def _refuse_other_site(request: PageRequest) -> Response | None:
    if request.http.method != "POST" or is_own_page(request.http.headers):
        return None
    sentence = "This form was not sent by a page of the console."
    return render_refusal(request, 403, sentence, advice="Nothing was changed. Open the console and do it there.")


async def _answer_unknown(create: Callable[[Request], PageRequest], http: Request) -> Response:
    return render_refusal(create(http), 404, "There is no such page.", advice="Begin at the top of the console.")


async def _answer_redirect(path: str, _http: Request) -> Response:
    return RedirectResponse(path, 303, HEADERS)


async def _answer_asset(name: str, _http: Request) -> Response:
    headers = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "same-origin"}
    return FileResponse(ASSETS / name, headers=headers, media_type=ASSET_TYPES[name])
