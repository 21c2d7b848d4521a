"""The table of rbac: endpoints, failures, the two shapes of a body."""

from bridge.dialects.rbac.endpoints import ENDPOINTS, NOT_FOUND
from bridge.dialects.rbac.fields import check_present_fields
from bridge.dialects.rbac.parameters import entity_parameters
from bridge.rest.dialect import Authenticate, Dialect, Failure, StandardCase
from bridge.rest.fields import FieldError, Violation
from bridge.rest.schema import BEARER

EMAIL_TAKEN = Failure(409, "email already exists")
ID_TAKEN = Failure(409, "id already exists")
CODE_TAKEN = Failure(409, "code already exists")
TOO_LARGE = Failure(413, "request body too large")

REFUSALS = {
    **{f"{noun}.not_found": failure for noun, failure in NOT_FOUND.items()},
    **{f"user.{field}_taken": EMAIL_TAKEN for field in ("username", "email", "telephone")},
    **{f"{noun}.id_taken": ID_TAKEN for noun in ("user", "group", "role")},
    **{f"{noun}.code_taken": CODE_TAKEN for noun in ("app", "group", "role", "resource", "resource_type")},
    "user.root_protected": Failure(409, "root user cannot be deleted"),
    "role.admin_protected": Failure(409, "administrator role cannot be changed"),
    "message.too_large": TOO_LARGE,
}
FAILURES = {
    StandardCase.UNPARSABLE: Failure(400, "request body is not valid JSON"),
    StandardCase.WRONG_KIND: Failure(400, "request body must be a JSON object"),
    StandardCase.INVALID: Failure(400, "invalid value for {reason}"),
    StandardCase.UNKNOWN_ROUTE: Failure(404, "route not found"),
    StandardCase.WRONG_VERB: Failure(405, "method not allowed"),
    StandardCase.TOO_LARGE: TOO_LARGE,
    StandardCase.UNAUTHENTICATED: Failure(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"}),
    StandardCase.UNAVAILABLE: Failure(503, "service unavailable"),
    StandardCase.TIMEOUT: Failure(504, "service timeout"),
    StandardCase.INTERNAL: Failure(500, "internal error"),
}
FIELD_ERRORS = {
    Violation.MISSING: "{field} is required",
    Violation.BLANK: "{field} is required",
    Violation.NOT_TEXT: "{field} must be a string",
    Violation.NOT_INTEGER: "{field} must be an integer",
    Violation.LOW: "{field} must be an integer",
    Violation.HIGH: "{field} must be an integer",
    Violation.LONG: "{field} is too long",
    Violation.CONTROL: "{field} contains illegal characters",
    Violation.FORMAT: "{field} is not a valid e-mail address",
}


def dialect(authenticate: Authenticate) -> Dialect:
    """Create the dialect."""
    return Dialect(
        name="rbac",
        endpoints=ENDPOINTS,
        source=entity_parameters,
        authenticate=authenticate,
        check=check_present_fields,
        field_failure=_field_failure,
        refusals=REFUSALS,
        failures=FAILURES,
        success_body=lambda data: {"status": "200", "message": "success", "data": data},
        error_body=lambda failure: {"status": str(failure.status), "message": failure.text},
        title="Users, groups, roles, resources and who has what",
        security_schemes={"serviceToken": BEARER},
    )


def _field_failure(error: FieldError) -> Failure:
    return Failure(400, FIELD_ERRORS[error.violation].format(field=error.path))
