"""Which of a dialect's failures answers an exception."""

import math
import traceback
import uuid
from dataclasses import replace

import structlog
from pydantic import ValidationError

from bridge.rest.dialect import Dialect, DialectError, Endpoint, Failure, StandardCase, StandardError
from bridge.rest.fields import FieldError
from client.errors import BusError, TimedOut
from contracts.problem import Problem

RETRY_AFTER = 1
MAX_RETRY_AFTER = 86_400
DERIVED = {  # a case that looks like another one, but for its status
    StandardCase.TOO_SLOW: (StandardCase.INVALID, 408),
    StandardCase.TOO_OFTEN: (StandardCase.UNAVAILABLE, 429),
    StandardCase.HEAD_TOO_LARGE: (StandardCase.INVALID, 431),
    StandardCase.UNKNOWN_CODING: (StandardCase.INVALID, 501),
}

log = structlog.stdlib.get_logger(__name__)


def failure_for(dialect: Dialect, endpoint: Endpoint, error: Exception) -> Failure:
    """The failure that answers an exception of any type; unexpected ones are logged."""
    match error:
        case DialectError():
            return error.failure
        case FieldError():
            return dialect.field_failure(error)
        case StandardError():
            return standard_failure(dialect, error)
        case TimedOut():
            return standard_failure(dialect, StandardError(StandardCase.TIMEOUT))
        case BusError():
            return _refusal_failure(dialect, endpoint, error)
    return _log_unexpected(dialect, endpoint, error)


def standard_failure(dialect: Dialect, error: StandardError) -> Failure:
    """The dialect's failure for a standard case."""
    if error.case in DERIVED:
        case, status = DERIVED[error.case]
        return replace(dialect.failures[case].render(error.reason, error.headers), status=status)
    return dialect.failures[error.case].render(error.reason, error.headers)


def _refusal_failure(dialect: Dialect, endpoint: Endpoint, error: BusError) -> Failure:
    problem = error.problem
    failure = endpoint.refusals.get(problem.code) or dialect.refusals.get(problem.code)
    seconds = _retry_after(problem)
    if failure:
        headers = {"Retry-After": str(seconds)} if problem.kind == "throttled" else {}
        return failure.render(problem.message, headers)
    if problem.kind in ("unavailable", "throttled"):
        return standard_failure(dialect, _unavailable(seconds))
    if problem.kind == "invalid" or problem.code == "message.id_reused":
        return standard_failure(dialect, StandardError(StandardCase.INVALID, _invalid_field(problem)))
    return _log_unexpected(dialect, endpoint, error)


def _retry_after(problem: Problem) -> int:
    wait = problem.details.get("retry_after") if isinstance(problem.details, dict) else None
    return math.ceil(wait) if isinstance(wait, int | float) and 0 < wait < MAX_RETRY_AFTER else RETRY_AFTER


def _unavailable(seconds: int) -> StandardError:
    return StandardError(StandardCase.UNAVAILABLE, headers={"Retry-After": str(seconds)})


def _invalid_field(problem: Problem) -> str:
    if problem.code == "message.id_reused":
        return "Idempotency-Key"
    faults = problem.details if isinstance(problem.details, list) else []
    return str(faults[0].get("field", problem.code)) if faults and isinstance(faults[0], dict) else problem.code


def _log_unexpected(dialect: Dialect, endpoint: Endpoint, error: Exception) -> Failure:
    log.error(
        "fault",
        fault=uuid.uuid4().hex,
        dialect=dialect.name,
        endpoint=f"{endpoint.method} {endpoint.path}",
        type=type(error).__name__,
        text=_loggable_text(error),
        where=[f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]],
    )
    return dialect.failures[StandardCase.INTERNAL]


def _loggable_text(error: Exception) -> str:
    # A ValidationError's own text would contain what the client sent, passwords included.
    if isinstance(error, ValidationError):
        return "; ".join(f"{fault['loc']}: {fault['type']}" for fault in error.errors(include_input=False))
    return str(error)
