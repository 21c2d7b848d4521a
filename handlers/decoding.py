"""From bytes to a typed request, or to the reason why not."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.base import Message
from contracts.problem import Problem
from handlers.envelope import Envelope

M = TypeVar("M", bound=Message)


class Undecodable(Exception):
    """The message can never be served: what is wrong, as a problem.

    `park` tells whether it is kept in `userbus.dead` when nobody waits for an answer; a well-formed request with
    wrong fields is refused instead, which publishes `command.refused`.
    """

    def __init__(self, problem: Problem, park: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.park = park


def decoded(envelope: Envelope) -> Message:
    """The request as its contract's type. Raises `Undecodable`."""
    entry = envelope.entry
    if entry is None:
        raise _bad("message.unknown_name", f"no request is called {envelope.name!r}: see the catalogue", park=True)
    if entry.is_command and not envelope.message_id:
        raise _bad("message.id_missing", "a command needs a message_id: it is what makes a repeat harmless")
    if len(envelope.body) > entry.max_body:
        raise _bad("message.too_large", f"the body may have {entry.max_body} bytes", park=True)
    try:
        return entry.message.model_validate_json(envelope.body)
    except ValidationError as error:
        raise _invalid(error) from None
    except UnicodeDecodeError:
        raise _bad("message.undecodable", "the body is not UTF-8", park=True) from None


def read(kind: type[M], row: Any) -> M | Problem:
    """A part of a request that is judged by itself: as its type, or why it is none."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        return _unfit(error.errors(include_url=False, include_context=False, include_input=False), "the row")


def _bad(code: str, text: str, park: bool = False) -> Undecodable:
    return Undecodable(Problem(kind="invalid", code=code, message=text), park)


def _invalid(error: ValidationError) -> Undecodable:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if faults[0]["type"] in ("json_invalid", "model_type"):
        return _bad("message.undecodable", f"the body must be one JSON object: {faults[0]['msg']}", park=True)
    return Undecodable(_unfit(faults, "the body"))


def _unfit(faults: Sequence[ErrorDetails], whole: str) -> Problem:
    details = [
        {"field": ".".join(str(step) for step in fault["loc"]), "message": fault["msg"]} for fault in faults[:50]
    ]
    fields = ", ".join(dict.fromkeys(detail["field"] or whole for detail in details))
    return Problem(
        kind="invalid", code="message.invalid", message=f"wrong or unknown fields: {fields}", details=details
    )
