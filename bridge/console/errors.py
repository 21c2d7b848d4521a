"""What a page shows where a request failed."""

import traceback
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError
from starlette.responses import Response

from bridge.console.page import PageRequest
from bridge.rest.dialect import StandardCase, StandardError
from client.errors import BusError, Throttled, TimedOut
from contracts.faults import fault_text
from contracts.problem import Kind

STATUS: Mapping[Kind, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "denied": 403,
    "not_found": 404,
    "conflict": 409,
    "throttled": 429,
    "unavailable": 503,
    "internal": 500,
}
ADVICE: Mapping[Kind, str] = {
    "invalid": "Go back, correct it and send it again.",
    "denied": "Nothing was changed. Ask whoever keeps the list of services for the right.",
    "not_found": "It may have been deleted meanwhile: search for it again.",
    "conflict": "Somebody may have been faster: go back, load the page again and look before you repeat it.",
    "throttled": "Wait a little and send it again.",
    "unavailable": "Nothing is lost: load this page again, which repeats the same request and is carried out once.",
    "internal": "Look for the message id in the log of the workers.",
}
LATE = (
    "It may still be carried out: load this page again, which repeats the same request and is carried out once. "
    "Where that ends so each time, no worker answers: userbus doctor and userbus health tell what is missing."
)
REFUSED = "The console's RabbitMQ user may not send this request: USERBUS_CONSOLE_AMQP_URL must be the operator's."
OF_THE_BUS = {"bus.timed_out": LATE, "bus.access_refused": REFUSED}
CASES = {
    StandardCase.TOO_LARGE: (413, "The form is larger than 1 MiB."),
    StandardCase.TOO_SLOW: (408, "The form did not arrive within 30 seconds."),
}

log = structlog.stdlib.get_logger(__name__)


def render_error(request: PageRequest, error: Exception) -> Response:
    """Answer with a sentence, what to do next, the code and the message id; unexpected errors are logged."""
    match error:
        case BusError():
            return _render_problem(request, error)
        case ValidationError():
            faults = [
                {"field": ".".join(map(str, fault["loc"])), "message": fault_text(fault)}
                for fault in error.errors(include_input=False)
            ]
            return render_refusal(request, 400, "A field is wrong.", advice=ADVICE["invalid"], faults=faults)
        case StandardError():
            status, sentence = CASES.get(error.case, (400, "The form cannot be read."))
            return render_refusal(request, status, sentence, advice=ADVICE["invalid"])
    return _render_fault(request, error)


def render_refusal(
    request: PageRequest, status: int, sentence: str, headers: Mapping[str, str] | None = None, **told: Any
) -> Response:
    """Answer with a sentence; `told` may have `advice`, `code`, `faults` (rows of field and message)."""
    known: dict[str, Any] = {"advice": "", "code": "", "faults": [], "message_id": request.message_id}
    return request.render("error.html", status, headers, **{**known, **told, "sentence": sentence, "status": status})


def _render_problem(request: PageRequest, error: BusError) -> Response:
    problem = error.problem
    rows = problem.details if isinstance(problem.details, list) else []
    faults = [row for row in rows if isinstance(row, dict) and row.keys() >= {"field", "message"}]
    advice = OF_THE_BUS.get(problem.code) or ADVICE.get(problem.kind, "")
    return render_refusal(
        request,
        504 if isinstance(error, TimedOut) else STATUS[problem.kind],
        _sentence(problem.message),
        {"Retry-After": str(int(error.retry_after) + 1)} if isinstance(error, Throttled) else {},
        advice=advice,
        code=problem.code,
        faults=faults,
    )


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def _render_fault(request: PageRequest, error: Exception) -> Response:
    fault = uuid.uuid4().hex
    where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
    log.error("fault", fault=fault, dialect="console", type=type(error).__name__, text=str(error), where=where)
    return render_refusal(request, 500, "The console has a fault.", advice=f"Look for {fault} in the bridge's log.")
