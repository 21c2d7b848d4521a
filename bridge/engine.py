"""Runs the dialect tables: route, verb, size, authentication, parse, validate, call, in this order."""

import math
import traceback
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from pydantic import ValidationError
from starlette.requests import Request as HttpRequest

from bridge import body, paths
from bridge.bus import Bus, Call, TimedOut, Unavailable
from bridge.conventions import trace
from bridge.dialect import Answer, Ask, Caller, Case, Dialect, Failure, Rejected, Request, Row, Stopped
from bridge.fields import Fault, Values
from bridge.wire import Refused
from contracts.catalog import CATALOG
from contracts.problem import Problem

NOBODY = Answer({"message": "not found"}, 404)
KEYS = uuid.UUID("6f1c7c2e-5d0b-5c39-9a3f-2f1f0b6f4a51")
RETRY_AFTER = 1
LONGEST_WAIT = 86_400

log = structlog.stdlib.get_logger(__name__)


class Engine:
    """Answers every path that a dialect owns, in that dialect's own shape, whatever happens."""

    def __init__(self, dialects: list[Dialect], bus: Bus) -> None:
        self._bus = bus
        self._dialects = {dialect.name: (dialect, paths.Routes(dialect.rows)) for dialect in dialects}

    async def answer(self, http: HttpRequest) -> Answer:
        """The answer to a request."""
        segments = paths.split(http.scope["raw_path"])
        dialect, routes = self._dialects.get(paths.owner(segments) or "", (None, None))
        if dialect is None or routes is None:
            return NOBODY
        try:
            verbs, variables = routes.find(segments)
            if http.method == "OPTIONS" and verbs:
                return Answer(None, 204, {"Allow": _allow(verbs)})
            row = _row(verbs, http.method)
        except Stopped as stop:
            return _failed(dialect, _case(dialect, stop))
        return await self._run(dialect, row, http, variables)

    async def _run(self, dialect: Dialect, row: Row, http: HttpRequest, variables: dict[str, str]) -> Answer:
        try:
            ask = await _ask(row, http, variables)
            caller = Caller() if row.open else await dialect.guard(ask, row)
            values = await _checked(dialect, row, ask, caller)
            send = partial(self._send, dialect.name, ask, caller)
            request = Request(ask=ask, caller=caller, values=values, send=send)
            view = await (row.call(request) if row.call else send(row.name, row.read(request)))
            written = row.write(view)
        except Exception as error:  # whatever happens is answered in the dialect's own shape
            return _failed(dialect, _failure(dialect, row, error))
        return written if isinstance(written, Answer) else Answer(dialect.succeed(written), headers=row.headers)

    async def _send(self, dialect: str, ask: Ask, caller: Caller, name: str, values: Values) -> Any:
        key = ask.headers.get("idempotency-key")
        about = Call(
            message_id=_message_id(dialect, caller.key, name, key) if key else None,
            actor=caller.actor,
            trace=trace(ask.headers),
        )
        return await self._bus.call(name, CATALOG[name].message.model_validate(values), about)


async def _ask(row: Row, http: HttpRequest, variables: dict[str, str]) -> Ask:
    content, client = await body.read(http), http.client.host if http.client else None
    return Ask(row.method, variables, http.scope["query_string"], http.headers, http.cookies, content, client)


async def _checked(dialect: Dialect, row: Row, ask: Ask, caller: Caller) -> Values:
    try:
        return dialect.check(row.fields, (row.source or dialect.source)(ask))
    except (Stopped, Fault, Rejected):
        if caller.prove:
            await caller.prove()
        raise


def _message_id(*parts: str) -> str:
    return str(uuid.uuid5(KEYS, "\0".join(parts)))


def _row(verbs: Mapping[str, Row], method: str) -> Row:
    if not verbs:
        raise Stopped(Case.UNKNOWN_ROUTE)
    if method not in verbs:
        raise Stopped(Case.WRONG_VERB, headers={"Allow": _allow(verbs)})
    return verbs[method]


def _allow(verbs: Mapping[str, Row]) -> str:
    return ", ".join([*verbs, *(["HEAD"] if "GET" in verbs else []), "OPTIONS"])


def _failed(dialect: Dialect, failure: Failure) -> Answer:
    return Answer(dialect.fail(failure), failure.status, failure.headers)


def _failure(dialect: Dialect, row: Row, error: Exception) -> Failure:
    match error:
        case Rejected():
            return error.failure
        case Fault():
            return dialect.fault(error)
        case Refused():
            return _refusal(dialect, row, error.problem)
        case Stopped() | Unavailable() | TimedOut():
            return _case(dialect, _stopped(error))
    return _unforeseen(dialect, row, error)


def _stopped(error: Stopped | Unavailable | TimedOut) -> Stopped:
    if isinstance(error, Stopped):
        return error
    return _unavailable(RETRY_AFTER) if isinstance(error, Unavailable) else Stopped(Case.TIMEOUT)


def _case(dialect: Dialect, stop: Stopped) -> Failure:
    return dialect.cases[stop.case].because(stop.reason, stop.headers)


def _refusal(dialect: Dialect, row: Row, problem: Problem) -> Failure:
    known = row.refusals.get(problem.code) or dialect.refusals.get(problem.code)
    wait = _wait(problem)
    if known:
        return known.because(problem.message, {"Retry-After": str(wait)} if problem.kind == "throttled" else {})
    if problem.kind in ("unavailable", "throttled"):
        return _case(dialect, _unavailable(wait))
    if problem.kind == "invalid" or problem.code == "message.id_reused":
        return _case(dialect, Stopped(Case.INVALID, _reason(problem)))
    return _unforeseen(dialect, row, Refused(problem))


def _wait(problem: Problem) -> int:
    wait = problem.details.get("retry_after") if isinstance(problem.details, dict) else None
    return math.ceil(wait) if isinstance(wait, int | float) and 0 < wait < LONGEST_WAIT else RETRY_AFTER


def _unavailable(seconds: int) -> Stopped:
    return Stopped(Case.UNAVAILABLE, headers={"Retry-After": str(seconds)})


def _reason(problem: Problem) -> str:
    if problem.code == "message.id_reused":
        return "Idempotency-Key"
    faults = problem.details if isinstance(problem.details, list) else []
    return str(faults[0].get("field", problem.code)) if faults and isinstance(faults[0], dict) else problem.code


def _unforeseen(dialect: Dialect, row: Row, error: Exception) -> Failure:
    log.error(
        "fault",
        fault=uuid.uuid4().hex,
        dialect=dialect.name,
        row=f"{row.method} {row.path}",
        type=type(error).__name__,
        text=_text(error),
        where=[f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]],
    )
    return dialect.cases[Case.INTERNAL]


def _text(error: Exception) -> str:
    # A ValidationError's own text would print what the client sent, passwords included.
    if isinstance(error, ValidationError):
        return "; ".join(f"{fault['loc']}: {fault['type']}" for fault in error.errors(include_input=False))
    return str(error)
