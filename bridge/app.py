"""The composition root: settings in, one ASGI application out."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from bridge import health
from bridge.console.routes import ConsoleOptions
from bridge.console.routes import routes as console_routes
from bridge.console.watch import Watch
from bridge.dialects import foreseen, passport, rbac, starcedu, usermgmt
from bridge.openapi import routes as openapi
from bridge.rest.dialect import Authenticate, Dialect
from bridge.rest.engine import Engine
from bridge.rest.large_bodies import LargeBodies
from bridge.rest.metrics import HttpMetrics, serve_metrics
from bridge.rest.middleware import HeadRequests, RequestIds, SecurityHeaders
from bridge.rest.rate_limits import RateLimits
from bridge.rest.server_spans import ServerSpans
from bridge.rest.service_tokens import (
    FindToken,
    TokenVerifier,
    UserAccess,
    allow_anyone,
    bearer_or_access_token,
    bearer_or_bare_token,
    bearer_token,
)
from bridge.settings import Settings
from client.bus import Bus
from runtime.memory import IdleMemory
from tracing.spans import is_on

MIN_COMPRESSED = 1024

log = structlog.stdlib.get_logger(__name__)


def create_app(settings: Settings) -> Starlette:
    """Wire up the bridge; it connects to the broker when the server starts it and answers 503 until it is connected."""
    bus = Bus(
        settings.amqp_url.get_secret_value(), app_id="userbus-bridge", timeout=settings.bridge_timeout, retry=False
    )
    metrics = HttpMetrics(lambda: bus.state == "up")
    dialects = create_dialects(settings, bus, metrics)
    console = _create_console_bus(settings) if settings.console else None
    watching = _create_console_bus(settings) if settings.console else None
    watch = Watch(watching, _broker_url(settings)) if watching else None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as exits:
            served = serve_metrics(metrics.registry, settings.bridge_metrics_host, settings.bridge_metrics_port)
            await exits.enter_async_context(served)
            for connection in filter(None, (bus, console, watching)):
                await exits.enter_async_context(connection)
            memory = IdleMemory(lambda: metrics.served, lambda: metrics.in_flight)
            await exits.enter_async_context(_run_beside(memory.run()))
            if watch:
                await exits.enter_async_context(_run_beside(watch.run()))
            yield

    app = Starlette(
        routes=[
            *health.routes(bus),
            *openapi.routes(dialects),
            *(_console_routes(settings, console, watch, metrics) if console and watch else []),
        ],
        middleware=_middleware(settings, metrics),
        exception_handlers={405: health.refuse_method},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.large_bodies = LargeBodies()
    engine = Engine(dialects, bus, settings.cors_origins, _rate_limits(settings))
    app.router.default = ServerSpans(engine) if is_on() else engine
    return app


def _create_console_bus(settings: Settings) -> Bus:
    # Connections of their own: the audit trail tells what came from the console, and it may have other rights. What the
    # watch asks may be refused, which ends its channel: that must not be the one of the operators' requests.
    return Bus(_console_url(settings), app_id="userbus-console", timeout=settings.bridge_timeout, retry=False)


def _console_url(settings: Settings) -> str:
    return (settings.console_amqp_url or settings.amqp_url).get_secret_value()


def _broker_url(settings: Settings) -> str:
    # for what is no request: queues, dead letters, the log of events
    broker = settings.console_broker_amqp_url
    return broker.get_secret_value() if broker else _console_url(settings)


def _console_routes(settings: Settings, bus: Bus, watch: Watch, metrics: HttpMetrics) -> list[Route]:
    options = ConsoleOptions(_broker_url(settings), settings.cookie_secure, settings.require_caller)
    return console_routes(bus, metrics.traffic, watch, options)


def create_dialects(settings: Settings, bus: Bus, metrics: HttpMetrics) -> list[Dialect]:
    """Create the dialects, each with its authentication."""
    tokens = TokenVerifier(bus, settings.token_cache, metrics)
    administrators = UserAccess("passport", passport.access_failure)

    def authenticator(name: str, find_token: FindToken, users: UserAccess | None = None) -> Authenticate:
        return allow_anyone if name in settings.bridge_open_dialects else tokens.authenticator(name, find_token, users)

    for name in sorted(settings.bridge_open_dialects):
        log.warning("open dialect", dialect=name, meaning="every caller is served without a token")
    return [
        foreseen.dialect(authenticator("foreseen", bearer_or_bare_token)),
        rbac.dialect(authenticator("rbac", bearer_token)),
        passport.dialect(authenticator("passport", bearer_or_access_token, administrators), settings.time_zone),
        starcedu.dialect(bus, settings.cookie_secure),
        usermgmt.dialect(settings.cookie_secure),
    ]


@asynccontextmanager
async def _run_beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


def _rate_limits(settings: Settings) -> RateLimits:
    sign_ups = dict.fromkeys(("auth.register", "auth.sign_up"), settings.sign_ups_per_minute)
    others = {"user.check_taken": settings.checks_per_minute, "sms.send_code": settings.sends_per_minute}
    return RateLimits(sign_ups | others)


def _middleware(settings: Settings, metrics: HttpMetrics) -> list[Middleware]:
    cors = Middleware(
        CORSMiddleware, allow_origins=sorted(settings.cors_origins), allow_methods=["*"], allow_headers=["*"]
    )
    # Compression is inside HEAD, so that HEAD has GET's headers; responses with tokens are too short to be compressed.
    inner = (Middleware(HeadRequests), Middleware(GZipMiddleware, minimum_size=MIN_COMPRESSED))
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts or ("*",), www_redirect=False)
    outer = (
        Middleware(RequestIds, metrics=metrics, is_logged=settings.request_log),
        Middleware(SecurityHeaders),
        hosts,
    )
    return [*outer, *([cors] if settings.cors_origins else []), *inner]
