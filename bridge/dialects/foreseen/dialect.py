"""The table of foreseen: endpoints, failures, the two shapes of a body."""

from bridge.dialects.foreseen import integrations, users
from bridge.dialects.foreseen.common import INTEGRATION_NOT_FOUND, USER_UNKNOWN
from bridge.rest.body import json_object
from bridge.rest.dialect import Authenticate, Dialect, Failure, RawRequest, StandardCase
from bridge.rest.fields import FieldError, Values, Violation, check_fields
from bridge.rest.schema import BEARER

USER_EXISTS = Failure(409, "user already exist", 4092)
TOO_LARGE = Failure(413, "request body too large", 4131)

REFUSALS = {
    "user.not_found": USER_UNKNOWN,
    "user.username_taken": USER_EXISTS,
    "user.email_taken": USER_EXISTS,
    "user.telephone_taken": USER_EXISTS,
    "user.username_mixed": Failure(400, "invalid arguments: username", 4001),
    "account.taken": Failure(409, "account already exist", 4093),
    "account.not_found": Failure(404, "account not exist", 4041),
    "integration.not_found": INTEGRATION_NOT_FOUND,
    "integration.name_taken": Failure(409, "integration already exist", 4091),
    "integration.in_use": Failure(409, "integration in use", 4094),
    "message.too_large": TOO_LARGE,
}
FAILURES = {
    StandardCase.UNPARSABLE: Failure(400, "invalid request body: {reason}", 4005),
    StandardCase.WRONG_KIND: Failure(400, "invalid request body: {reason}", 4005),
    StandardCase.INVALID: Failure(400, "invalid arguments: {reason}", 4001),
    StandardCase.UNKNOWN_ROUTE: Failure(404, "route not found", 4041),
    StandardCase.WRONG_VERB: Failure(405, "method not allowed", 4052),
    StandardCase.TOO_LARGE: TOO_LARGE,
    StandardCase.UNAUTHENTICATED: Failure(401, "invalid authorization token", 4011, {"WWW-Authenticate": "Bearer"}),
    StandardCase.UNAVAILABLE: Failure(503, "service unavailable", 5031),
    StandardCase.TIMEOUT: Failure(504, "service timeout", 5041),
    StandardCase.INTERNAL: Failure(500, "internal error", 5001),
}


def dialect(authenticate: Authenticate) -> Dialect:
    """Create the dialect."""
    return Dialect(
        name="foreseen",
        endpoints=(*users.ENDPOINTS, *integrations.ENDPOINTS),
        source=_body_parameters,
        authenticate=authenticate,
        check=check_fields,
        field_failure=_field_failure,
        refusals=REFUSALS,
        failures=FAILURES,
        success_body=lambda data: {"error_code": 0, "error_message": "success", "data": data},
        error_body=lambda failure: {"error_code": failure.code, "error_message": failure.text},
        title="Users and their notification accounts",
        security_schemes={"serviceToken": BEARER},
    )


def _body_parameters(raw: RawRequest) -> Values:
    return {} if raw.method in ("GET", "DELETE") else json_object(raw)


def _field_failure(error: FieldError) -> Failure:
    if error.violation is Violation.MISSING:
        return Failure(400, f"missing required field: {error.path}", 4006)
    if error.violation is Violation.LONG and error.path == "secrets":
        return Failure(400, "too much secrets", 4001)
    return Failure(400, f"invalid arguments: {error.path}", 4001)
