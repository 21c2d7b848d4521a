"""Serve the dialect tables: route, method, size, authentication, parse, validate, call, in this order."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bridge.rest.body import is_length_allowed, read_body
from bridge.rest.cross_site import is_cross_site, is_forgeable
from bridge.rest.dialect import (
    Caller,
    CheckedRequest,
    Dialect,
    DialectError,
    Endpoint,
    Failure,
    RawRequest,
    StandardCase,
    StandardError,
)
from bridge.rest.errors import failure_for, standard_failure
from bridge.rest.fields import FieldError, Values
from bridge.rest.middleware import trace_context
from bridge.rest.protocol import REFUSED
from bridge.rest.rate_limits import RateLimits
from bridge.rest.routing import RouteTable, dialect_name, split_path
from client.bus import Bus
from client.options import Options
from contracts.catalog import CATALOG

IDEMPOTENCY_NAMESPACE = uuid.UUID("6f1c7c2e-5d0b-5c39-9a3f-2f1f0b6f4a51")

_HEAD_ERRORS = {
    408: StandardError(StandardCase.TOO_SLOW, "timeout"),
    431: StandardError(StandardCase.HEAD_TOO_LARGE, "headers"),
    501: StandardError(StandardCase.UNKNOWN_CODING, "headers"),
}


class Engine:
    """The ASGI application of all dialects: whatever happens is answered in the shape of the path's dialect.

    Pages of `trusted_origins` may use the session cookies; `limits` are for callers without credentials.
    """

    def __init__(
        self, dialects: list[Dialect], bus: Bus, trusted_origins: Collection[str] = (), limits: RateLimits | None = None
    ) -> None:
        self._bus = bus
        self._limits = limits or RateLimits()
        self._trusted_origins = trusted_origins
        self._dialects = {dialect.name: (dialect, RouteTable(dialect.endpoints)) for dialect in dialects}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "http":
            response = await self._respond(Request(scope, receive))
            await response(scope, receive, send)

    async def _respond(self, http: Request) -> Response:
        segments = split_path(http.scope["raw_path"])
        dialect, routes = self._dialects.get(dialect_name(segments) or "", (None, None))
        if dialect is None or routes is None:
            return JSONResponse({"message": "not found"}, 404)
        http.state.dialect = dialect.name
        if refused := http.scope.get("extensions", {}).get(REFUSED):
            error = _HEAD_ERRORS.get(refused["status"]) or StandardError(StandardCase.INVALID, refused["fault"])
            return _error_response(dialect, standard_failure(dialect, error))
        try:
            endpoints, variables = routes.find(segments)
            if http.method == "OPTIONS" and endpoints:
                return Response(None, 204, _allow_header(endpoints))
            endpoint = _select_endpoint(endpoints, http.method)
            self._refuse_cross_site(dialect, endpoint, http)
        except StandardError as error:
            return _error_response(dialect, standard_failure(dialect, error))
        http.state.route = endpoint.path
        return await self._serve(dialect, endpoint, http, variables)

    def _refuse_cross_site(self, dialect: Dialect, endpoint: Endpoint, http: Request) -> None:
        if is_forgeable(dialect, endpoint, http.cookies) and is_cross_site(http.headers, self._trusted_origins):
            raise StandardError(StandardCase.CROSS_SITE)

    async def _serve(self, dialect: Dialect, endpoint: Endpoint, http: Request, variables: dict[str, str]) -> Response:
        try:
            raw, caller = await _read_and_authenticate(dialect, endpoint, http, variables)
            http.state.actor = caller.actor
            self._refuse_frequent(endpoint, raw, caller)
            values = await _check_parameters(dialect, endpoint, raw, caller)
            send = partial(self._send, dialect.name, raw, caller)
            request = CheckedRequest(raw=raw, caller=caller, values=values, send=send)
            data = endpoint.write(await _handle(endpoint, request))
            return data if isinstance(data, Response) else _success_response(dialect, data)
        except Exception as error:  # the dialect has a failure for everything
            return _error_response(dialect, failure_for(dialect, endpoint, error))

    def _refuse_frequent(self, endpoint: Endpoint, raw: RawRequest, caller: Caller) -> None:
        if caller.actor is not None or caller.verify is not None:
            return
        if seconds := self._limits.record(endpoint.request_name, raw.client or ""):
            raise StandardError(StandardCase.TOO_OFTEN, headers={"Retry-After": str(seconds)})

    async def _send(self, dialect: str, raw: RawRequest, caller: Caller, name: str, values: Values) -> Any:
        key = raw.headers.get("idempotency-key")
        message = CATALOG[name].message.model_validate(values)
        # strangers share one space of keys: what they ask, without its secrets, keeps them apart
        sender = caller.key or message.model_dump_json()
        message_id = _message_id(dialect, sender, name, key) if key else None
        options: Options = {**trace_context(raw.headers), "message_id": message_id, "actor": caller.actor}
        options["client_address"] = raw.client
        return await self._bus.ask(message, **options)


def _select_endpoint(endpoints: Mapping[str, Endpoint], method: str) -> Endpoint:
    if not endpoints:
        raise StandardError(StandardCase.UNKNOWN_ROUTE)
    if method not in endpoints:
        raise StandardError(StandardCase.WRONG_VERB, headers=_allow_header(endpoints))
    return endpoints[method]


def _allow_header(endpoints: Mapping[str, Endpoint]) -> dict[str, str]:
    return {"Allow": ", ".join([*endpoints, *(["HEAD"] if "GET" in endpoints else []), "OPTIONS"])}


def _success_response(dialect: Dialect, data: Any) -> Response:
    return JSONResponse(dialect.success_body(data))


def _error_response(dialect: Dialect, failure: Failure) -> Response:
    return JSONResponse(dialect.error_body(failure), failure.status, failure.headers)


async def _read_and_authenticate(
    dialect: Dialect, endpoint: Endpoint, http: Request, variables: dict[str, str]
) -> tuple[RawRequest, Caller]:
    client = http.client.host if http.client else None
    raw = RawRequest(endpoint.method, variables, http.scope["query_string"], http.headers, http.cookies, b"", client)
    if endpoint.public:
        return replace(raw, body=await read_body(http)), Caller()
    if dialect.credentials_in_body(raw) or not is_length_allowed(http):
        raw = replace(raw, body=await read_body(http))
        return raw, await dialect.authenticate(raw, endpoint)
    caller = await dialect.authenticate(raw, endpoint)  # the body of a stranger is not read
    return replace(raw, body=await read_body(http)), caller


async def _check_parameters(dialect: Dialect, endpoint: Endpoint, raw: RawRequest, caller: Caller) -> Values:
    try:
        return dialect.check(endpoint.fields, (endpoint.source or dialect.source)(raw))
    except (StandardError, FieldError, DialectError):
        if caller.verify:
            await caller.verify()
        raise


async def _handle(endpoint: Endpoint, request: CheckedRequest) -> Any:
    if endpoint.handle:
        return await endpoint.handle(request)
    return await request.send(endpoint.request_name, endpoint.read(request))


def _message_id(*parts: str) -> str:
    return str(uuid.uuid5(IDEMPOTENCY_NAMESPACE, "\0".join(parts)))
