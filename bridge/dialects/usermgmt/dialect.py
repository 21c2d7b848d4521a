"""The table of usermgmt: endpoints, failures, the two shapes of a body."""

from typing import Any

from bridge.dialects.usermgmt import auth, users
from bridge.rest.body import json_object
from bridge.rest.dialect import Dialect, DialectError, Failure, RawRequest, StandardCase, pass_through
from bridge.rest.fields import FieldError, InputField, Values, Violation, check_every_field
from bridge.rest.service_tokens import allow_anyone

LOCKED = Failure(423, "User account is locked")
JUST_SENT = Failure(417, "verification code has just been sent,please try again later.")

NOT_SENT = Failure(417, "send verification fail,please again try.")

REFUSALS = {
    "auth.bad_credentials": Failure(401, "Bad credentials"),
    "auth.locked": LOCKED,
    "auth.user_disabled": LOCKED,
    "user.telephone_taken": Failure(403, "Telephone has existed"),
    "user.username_taken": Failure(403, "Username has existed"),
    "sms.code_wrong": Failure(403, "Verification code is error"),
    "sms.disabled": Failure(417, "SMS is not enabled"),
    "sms.too_soon": JUST_SENT,
    "sms.too_many": JUST_SENT,
    "sms.not_sent": NOT_SENT,
    "sms.number_refused": NOT_SENT,
}
FAILURES = {
    StandardCase.UNPARSABLE: Failure(400, "request body is not valid JSON"),
    StandardCase.WRONG_KIND: Failure(400, "request body must be a JSON object"),
    StandardCase.INVALID: Failure(400, "{reason}:format is invalid."),
    StandardCase.UNKNOWN_ROUTE: Failure(404, "route not found"),
    StandardCase.WRONG_VERB: Failure(405, "method not allowed"),
    StandardCase.TOO_LARGE: Failure(413, "request body too large"),
    StandardCase.CROSS_SITE: Failure(403, "cross-site request refused"),
    StandardCase.UNAVAILABLE: Failure(503, "service unavailable"),
    StandardCase.TIMEOUT: Failure(504, "service timeout"),
    StandardCase.INTERNAL: Failure(500, ""),
}
PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Payload Too Large",
    417: "Expectation Failed",
    423: "Locked",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
FIELD_ERRORS = {
    Violation.MISSING: "must not be empty",
    Violation.BLANK: "must not be empty",
    Violation.NOT_TEXT: "must be a string",
    Violation.LONG: "is too long",
}


def dialect(secure: bool) -> Dialect:
    """Create the dialect, which needs no authentication; `secure` cookies are sent over HTTPS only."""
    return Dialect(
        name="usermgmt",
        endpoints=(*auth.endpoints(secure), *users.ENDPOINTS),
        source=_body_parameters,
        authenticate=allow_anyone,
        check=_check_fields,
        field_failure=lambda error: _fields_failure([error]),
        refusals=REFUSALS,
        failures=FAILURES,
        success_body=pass_through,
        error_body=_error_body,
        cookie=auth.COOKIE,
        title="Registration, login, SMS codes",
    )


def _body_parameters(raw: RawRequest) -> Values:
    return {} if raw.method == "GET" else json_object(raw)


def _check_fields(fields: tuple[InputField, ...], given: Values) -> Values:
    values, errors = check_every_field(fields, given)
    if errors:
        raise DialectError(_fields_failure(errors))
    return values


def _fields_failure(errors: list[FieldError]) -> Failure:
    texts = (f"{error.path}:{FIELD_ERRORS.get(error.violation, 'format is invalid')}." for error in errors)
    return Failure(400, " ".join(texts))


def _error_body(failure: Failure) -> dict[str, Any]:
    return {"code": failure.status, "message": PHRASES[failure.status], "detail": failure.text or None}
