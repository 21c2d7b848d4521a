"""The span of an HTTP request to one of the dialects."""

from functools import partial

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracing.spans import Attributes, Span, begin

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})


class ServerSpans:
    """Records a span a request, by its method and route; not path, query and headers, which may contain tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside of a span that continues the trace of the client."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        with begin(method, "server", partial(_attributes, scope, method), _parent(scope)) as span:

            async def send_and_describe(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _describe_response(span, method, scope, message["status"])
                await send(message)

            await self._app(scope, receive, send_and_describe)


def _describe_response(span: Span, method: str, scope: Scope, status: int) -> None:
    state = scope.get("state", {})
    known = {
        "http.route": state.get("route"),
        "userbus.dialect": state.get("dialect"),
        "userbus.actor": state.get("actor"),
    }
    span.describe({"http.response.status_code": status, **{key: value for key, value in known.items() if value}})
    if known["http.route"]:
        span.rename(f"{method} {known['http.route']}")
    if status >= 500:
        span.fail(str(status))


def _attributes(scope: Scope, method: str) -> Attributes:
    host, port = scope.get("server") or (None, None)
    known = {
        "http.request.method": method,
        "url.scheme": scope["scheme"],
        "network.protocol.version": scope.get("http_version"),
        "server.address": host,
        "server.port": port,
        "client.address": scope["client"][0] if scope.get("client") else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _parent(scope: Scope) -> dict[str, str]:
    headers = Headers(scope=scope)
    return {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
