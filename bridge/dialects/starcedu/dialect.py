"""The table of starcedu: endpoints, failures, the two shapes of a body."""

from dataclasses import replace
from typing import Any

from bridge.dialects.starcedu.authentication import (
    COOKIE,
    SCHEMES,
    TENANT_UNKNOWN,
    USER_UNKNOWN,
    authenticator,
    security_schemes,
)
from bridge.dialects.starcedu.users import endpoints
from bridge.rest.body import FORM, form_or_json
from bridge.rest.dialect import Dialect, Endpoint, Failure, RawRequest, StandardCase, pass_through
from bridge.rest.fields import FieldError, InputField, Values, Violation, check_every_field
from client.bus import Bus

BAD_BODY = Failure(400, "request body invalid")
CREDENTIALS_INVALID = Failure(400, "credentials invalid")
USER_TAKEN = Failure(400, "user with this username already existed")

REFUSALS = {
    "tenant.invalid": TENANT_UNKNOWN,
    "session.invalid": USER_UNKNOWN,
    "auth.bad_credentials": CREDENTIALS_INVALID,
    "auth.user_disabled": CREDENTIALS_INVALID,
    "user.username_taken": USER_TAKEN,
    "user.email_taken": USER_TAKEN,
    "identity.gone": Failure(400, "oauth user not found"),
}
FAILURES = {
    StandardCase.UNPARSABLE: BAD_BODY,
    StandardCase.WRONG_KIND: BAD_BODY,
    StandardCase.INVALID: BAD_BODY,
    StandardCase.UNKNOWN_ROUTE: Failure(404, "no such business"),
    StandardCase.WRONG_VERB: Failure(405, "method not allowed"),
    StandardCase.TOO_LARGE: Failure(413, "request body too large"),
    StandardCase.UNAUTHENTICATED: USER_UNKNOWN,
    StandardCase.CROSS_SITE: Failure(403, "cross-site request refused"),
    StandardCase.UNAVAILABLE: Failure(503, "service unavailable"),
    StandardCase.TIMEOUT: Failure(504, "service timeout"),
    StandardCase.INTERNAL: Failure(500, "internal error"),
}
EMPTY = (Violation.MISSING, Violation.BLANK)


def dialect(bus: Bus, secure: bool) -> Dialect:
    """Create the dialect; `secure` cookies are sent over HTTPS only."""
    return Dialect(
        name="starcedu",
        endpoints=tuple(_add_security(endpoint) for endpoint in endpoints(secure)),
        source=_body_parameters,
        authenticate=authenticator(bus),
        check=_check_fields,
        field_failure=_field_failure,
        refusals=REFUSALS,
        failures=FAILURES,
        success_body=pass_through,
        error_body=_error_body,
        cookie=COOKIE,
        title="Sign-in, sign-up and password change, for visitors and tenants",
        request_media_types=("application/json", FORM),
        security_schemes=SCHEMES,
    )


def _add_security(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, doc=replace(endpoint.doc, security=security_schemes(endpoint)))


def _body_parameters(raw: RawRequest) -> Values:
    return {} if raw.method == "GET" else form_or_json(raw)


def _check_fields(fields: tuple[InputField, ...], given: Values) -> Values:
    # Empty fields are reported before wrong ones, whatever the order of the fields.
    values, errors = check_every_field(fields, given)
    for error in sorted(errors, key=lambda error: error.violation not in EMPTY):
        raise error
    return values


def _field_failure(error: FieldError) -> Failure:
    is_empty = error.violation in EMPTY
    return Failure(400, f"{error.path} empty" if is_empty else f"provided {error.path} illigal")


def _error_body(failure: Failure) -> dict[str, Any]:
    return {"code": failure.code, "message": failure.text} if failure.code else {"message": failure.text}
