"""foreseen's table: its rows, its failures, its two shapes of a body."""

from bridge.body import json_object
from bridge.dialect import Ask, Case, Dialect, Failure, Guard
from bridge.dialects.foreseen import integrations, users
from bridge.dialects.foreseen.words import INTEGRATION_NOT_FOUND, USER_UNKNOWN
from bridge.fields import Fault, Kind, Values, checked
from bridge.schema import BEARER

USER_EXISTS = Failure(409, "user already exist", 4092)
TOO_LARGE = Failure(413, "request body too large", 4131)

REFUSALS = {
    "user.not_found": USER_UNKNOWN,
    "user.username_taken": USER_EXISTS,
    "user.email_taken": USER_EXISTS,
    "user.telephone_taken": USER_EXISTS,
    "account.taken": Failure(409, "account already exist", 4093),
    "account.not_found": Failure(404, "account not exist", 4041),
    "integration.not_found": INTEGRATION_NOT_FOUND,
    "integration.name_taken": Failure(409, "integration already exist", 4091),
    "integration.in_use": Failure(409, "integration in use", 4094),
    "message.too_large": TOO_LARGE,
}
CASES = {
    Case.UNPARSABLE: Failure(400, "invalid request body: {reason}", 4005),
    Case.WRONG_KIND: Failure(400, "invalid request body: {reason}", 4005),
    Case.INVALID: Failure(400, "invalid arguments: {reason}", 4001),
    Case.UNKNOWN_ROUTE: Failure(404, "route not found", 4041),
    Case.WRONG_VERB: Failure(405, "method not allowed", 4052),
    Case.TOO_LARGE: TOO_LARGE,
    Case.UNAUTHENTICATED: Failure(401, "invalid authorization token", 4011, {"WWW-Authenticate": "Bearer"}),
    Case.UNAVAILABLE: Failure(503, "service unavailable", 5031),
    Case.TIMEOUT: Failure(504, "service timeout", 5041),
    Case.INTERNAL: Failure(500, "internal error", 5001),
}


def dialect(guard: Guard) -> Dialect:
    """The dialect's table."""
    return Dialect(
        name="foreseen",
        rows=(*users.ROWS, *integrations.ROWS),
        source=_source,
        guard=guard,
        check=checked,
        fault=_fault,
        refusals=REFUSALS,
        cases=CASES,
        succeed=lambda value: {"error_code": 0, "error_message": "success", "data": value},
        fail=lambda failure: {"error_code": failure.code, "error_message": failure.text},
        title="Users and their notification accounts",
        schemes={"serviceToken": BEARER},
    )


def _source(ask: Ask) -> Values:
    return {} if ask.method in ("GET", "DELETE") else json_object(ask)


def _fault(fault: Fault) -> Failure:
    if fault.kind is Kind.MISSING:
        return Failure(400, f"missing required field: {fault.at}", 4006)
    if fault.kind is Kind.LONG and fault.at == "secrets":
        return Failure(400, "too much secrets", 4001)
    return Failure(400, f"invalid arguments: {fault.at}", 4001)
