"""The composition root: settings in, one ASGI application out."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge import health
from bridge.bus import Bus
from bridge.conventions import HeadRequests, RequestIds
from bridge.dialect import Answer, Dialect, Guard
from bridge.dialects import foreseen, passport, rbac, starcedu, usermgmt
from bridge.docs import routes as docs
from bridge.engine import Engine
from bridge.identity import Credential, Tokens, Users, anyone, bearer, bearer_or_access_token, bearer_or_bare
from bridge.settings import Settings

COMPRESSED = 1024

log = structlog.stdlib.get_logger(__name__)


def create_app(settings: Settings) -> Starlette:
    """The bridge; it connects to the broker when the server starts it, and serves 503 until it is there."""
    bus = Bus(settings.amqp_url.get_secret_value(), timeout=settings.bridge_timeout)
    dialects = tables(settings, bus)
    engine = Engine(dialects, bus)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with bus:
            yield

    app = Starlette(
        routes=[*health.routes(bus), *docs.routes(dialects)],
        middleware=_middleware(settings),
        exception_handlers={405: health.wrong_verb},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.router.default = _pages(engine)
    return app


def tables(settings: Settings, bus: Bus) -> list[Dialect]:
    """The tables of all dialects, with their guards."""
    tokens, administrators = Tokens(bus, settings.token_cache), Users("passport", passport.refused)

    def guard(name: str, credential: Credential, users: Users | None = None) -> Guard:
        return anyone if name in settings.bridge_open_dialects else tokens.guard(name, credential, users)

    for name in sorted(settings.bridge_open_dialects):
        log.warning("open dialect", dialect=name, meaning="every caller is served without a token")
    return [
        foreseen.dialect(guard("foreseen", bearer_or_bare)),
        rbac.dialect(guard("rbac", bearer)),
        passport.dialect(guard("passport", bearer_or_access_token, administrators), settings.time_zone),
        starcedu.dialect(bus, settings.cookie_secure),
        usermgmt.dialect(settings.cookie_secure),
    ]


def _middleware(settings: Settings) -> list[Middleware]:
    cors = Middleware(
        CORSMiddleware, allow_origins=sorted(settings.cors_origins), allow_methods=["*"], allow_headers=["*"]
    )
    # Inside HEAD, so that its headers are GET's; answers with tokens are shorter than what is compressed.
    shared = (Middleware(HeadRequests), Middleware(GZipMiddleware, minimum_size=COMPRESSED))
    return [Middleware(RequestIds), *([cors] if settings.cors_origins else []), *shared]


def _pages(engine: Engine) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _response(await engine.answer(Request(scope, receive)))(scope, receive, send)

    return serve


def _response(answer: Answer) -> Response:
    body = answer.body
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    media = answer.media if body is not None else None
    return Response(body, answer.status, dict(answer.headers), media_type=media)
