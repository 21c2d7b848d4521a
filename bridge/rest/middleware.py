"""What applies to every path: HEAD, request ids, one log line and metrics a request, security and trace headers."""

import re
import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.rest.metrics import HttpMetrics
from client.options import Options
from tracing.spans import current_headers

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace_id>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
LOGGED = ("dialect", "route", "actor")

log = structlog.stdlib.get_logger(__name__)


class HeadRequests:
    """Answer HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a HEAD request as GET and drop the body of the response."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self._app(scope, receive, send)

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_without_body)


class RequestIds:
    """Put the request's `X-Request-Id`, or a new one, into the response and every log line; record each response."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics, is_logged: bool) -> None:
        self._app = app
        self._is_logged = is_logged
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id and log the outcome, without path, query or body: they may contain tokens.

        The engine adds `route`, `dialect` and `actor` to the scope's state as soon as it knows them.
        """
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        state = scope.setdefault("state", {})

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
                spent = time.perf_counter() - started
                self._metrics.record(scope["method"], state, message["status"], spent)
                if self._is_logged:
                    _log_response(scope, message["status"], spent)
            await send(message)

        self._metrics.in_flight += 1
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._app(scope, receive, send_with_id)
        finally:
            self._metrics.in_flight -= 1


def _log_response(scope: Scope, status: int, seconds: float) -> None:
    known = {key: scope["state"].get(key) for key in LOGGED}
    known["address"] = scope["client"][0] if scope.get("client") else None
    parent = TRACEPARENT.fullmatch(Headers(scope=scope).get("traceparent", ""))
    trace_id = parent["trace_id"] if parent else None
    log.info("request", method=scope["method"], **known, trace_id=trace_id, status=status, ms=round(seconds * 1000, 1))


class SecurityHeaders:
    """Have responses neither stored nor guessed at, unless they say themselves how they may be stored."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers that a response does not have."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def trace_context(headers: Mapping[str, str]) -> Options:
    """The W3C trace context that goes on to the bus, as it came; nothing where there is a current span.

    Invalid headers are dropped.
    """
    if current_headers():  # the client continues it by itself
        return {}
    parent, state = headers.get("traceparent", ""), headers.get("tracestate", "")
    if not TRACEPARENT.fullmatch(parent):
        return {}
    return {"traceparent": parent, "tracestate": state if TRACESTATE.fullmatch(state) else None}
