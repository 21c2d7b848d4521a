"""usermgmt's table: its rows, its failures, its two shapes of a body."""

from typing import Any

from bridge.body import json_object
from bridge.dialect import Ask, Case, Dialect, Failure, Rejected, unchanged
from bridge.dialects.usermgmt import auth, users
from bridge.fields import Fault, Field, Kind, Values, gathered
from bridge.identity import anyone

JUST_SENT = Failure(417, "verification code has just been sent,please try again later.")

REFUSALS = {
    "auth.bad_credentials": Failure(401, "Bad credentials"),
    "auth.locked": Failure(423, "User account is locked"),
    "user.telephone_taken": Failure(403, "Telephone has existed"),
    "user.username_taken": Failure(403, "Username has existed"),
    "sms.code_wrong": Failure(403, "Verification code is error"),
    "sms.disabled": Failure(417, "SMS is not enabled"),
    "sms.too_soon": JUST_SENT,
    "sms.too_many": JUST_SENT,
    "sms.not_sent": Failure(417, "send verification fail,please again try."),
}
CASES = {
    Case.UNPARSABLE: Failure(400, "request body is not valid JSON"),
    Case.WRONG_KIND: Failure(400, "request body must be a JSON object"),
    Case.INVALID: Failure(400, "{reason}:format is invalid."),
    Case.UNKNOWN_ROUTE: Failure(404, "route not found"),
    Case.WRONG_VERB: Failure(405, "method not allowed"),
    Case.TOO_LARGE: Failure(413, "request body too large"),
    Case.UNAVAILABLE: Failure(503, "service unavailable"),
    Case.TIMEOUT: Failure(504, "service timeout"),
    Case.INTERNAL: Failure(500, ""),
}
PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    417: "Expectation Failed",
    423: "Locked",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
VIOLATIONS = {
    Kind.MISSING: "must not be empty",
    Kind.BLANK: "must not be empty",
    Kind.NOT_TEXT: "must be a string",
    Kind.LONG: "is too long",
}


def dialect(secure: bool) -> Dialect:
    """The dialect's table; nobody is asked who they are."""
    return Dialect(
        name="usermgmt",
        rows=(*auth.rows(secure), *users.ROWS),
        source=_source,
        guard=anyone,
        check=_checked,
        fault=lambda fault: _faulty([fault]),
        refusals=REFUSALS,
        cases=CASES,
        succeed=unchanged,
        fail=_fail,
        title="Registration, login, SMS codes",
    )


def _source(ask: Ask) -> Values:
    return {} if ask.method == "GET" else json_object(ask)


def _checked(fields: tuple[Field, ...], given: Values) -> Values:
    values, faults = gathered(fields, given)
    if faults:
        raise Rejected(_faulty(faults))
    return values


def _faulty(faults: list[Fault]) -> Failure:
    told = (f"{fault.at}:{VIOLATIONS.get(fault.kind, 'format is invalid')}." for fault in faults)
    return Failure(400, " ".join(told))


def _fail(failure: Failure) -> dict[str, Any]:
    return {"code": failure.status, "message": PHRASES[failure.status], "detail": failure.text or None}
