"""From bytes to a typed request, or to the problem with them."""

from typing import Any

from pydantic import ValidationError

from contracts.base import Request
from contracts.catalog import CATALOG, COMMANDS_EXCHANGE
from contracts.entry import Entry
from contracts.faults import fault_text
from contracts.nearest import nearest_names
from contracts.problem import Problem
from handlers.validation import validation_problem
from worker.delivery.envelope import Envelope
from worker.delivery.names import QUEUES

ID_MISSING = (
    "a command needs a message_id, which makes a repeat harmless: set the AMQP property message_id, or the header"
    " x-message-id, to a new UUID for each command, and to the same one to send it again"
)


class Undecodable(Exception):
    """The message can never be served: `problem` says why.

    `malformed` is False for a well-formed request with wrong fields. Without a caller that is refused, which publishes
    `command.refused`; a malformed message is dead-lettered instead.
    """

    def __init__(self, problem: Problem, malformed: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.malformed = malformed


def decode(envelope: Envelope) -> Request[Any]:
    """Return the request as its contract's type. Raises `Undecodable`."""
    entry = envelope.entry
    if entry is None:
        raise _malformed_message("message.unknown_name", _describe_unknown(envelope.name))
    _refuse_unsound(envelope, entry)
    try:
        return entry.message.model_validate_json(envelope.body)
    except ValidationError as error:
        raise _undecodable(error, envelope.body) from None


def _refuse_unsound(envelope: Envelope, entry: Entry) -> None:
    if entry.is_command and not envelope.message_id:
        raise Undecodable(Problem(kind="invalid", code="message.id_missing", message=ID_MISSING))
    if envelope.header_problem is not None:
        raise Undecodable(envelope.header_problem)
    if envelope.body_problem is not None:
        raise Undecodable(envelope.body_problem, malformed=True)
    if len(envelope.body) > entry.max_body:
        raise _malformed_message("message.too_large", f"the body may have {entry.max_body} bytes")


def _describe_unknown(name: str) -> str:
    if name in QUEUES:
        return f"{name!r} is a queue: write the request's name in type, or send to {COMMANDS_EXCHANGE} with it as key"
    if not name:
        return "the routing key is empty: it must be the request's name, such as user.get"
    near = nearest_names(name, CATALOG)
    return f"no request is called {name!r}: " + (f"did you mean {' or '.join(near)}?" if near else "see the catalogue")


def _malformed_message(code: str, text: str) -> Undecodable:
    return Undecodable(Problem(kind="invalid", code=code, message=text), malformed=True)


def _undecodable(error: ValidationError, body: bytes) -> Undecodable:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if not _is_utf8(body):
        return _malformed_message("message.undecodable", "the body is not UTF-8")
    if faults[0]["type"] in ("json_invalid", "model_type"):
        return _malformed_message("message.undecodable", f"the body must be one JSON object: {fault_text(faults[0])}")
    return Undecodable(validation_problem(faults, "the body"))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
