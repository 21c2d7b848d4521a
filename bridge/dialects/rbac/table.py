"""rbac's table: its rows, its failures, its two shapes of a body."""

from bridge.dialect import Case, Dialect, Failure, Guard
from bridge.dialects.rbac.fields import checked
from bridge.dialects.rbac.rows import MISSING, ROWS
from bridge.dialects.rbac.sources import row_source
from bridge.fields import Fault, Kind
from bridge.schema import BEARER

EMAIL_TAKEN = Failure(409, "email already exists")
ID_TAKEN = Failure(409, "id already exists")
CODE_TAKEN = Failure(409, "code already exists")
TOO_LARGE = Failure(413, "request body too large")

REFUSALS = {
    **{f"{noun}.not_found": failure for noun, failure in MISSING.items()},
    **{f"user.{field}_taken": EMAIL_TAKEN for field in ("username", "email", "telephone")},
    **{f"{noun}.id_taken": ID_TAKEN for noun in ("user", "group", "role")},
    **{f"{noun}.code_taken": CODE_TAKEN for noun in ("app", "group", "role", "resource", "resource_type")},
    "user.root_protected": Failure(409, "root user cannot be deleted"),
    "role.admin_protected": Failure(409, "administrator role cannot be changed"),
    "message.too_large": TOO_LARGE,
}
CASES = {
    Case.UNPARSABLE: Failure(400, "request body is not valid JSON"),
    Case.WRONG_KIND: Failure(400, "request body must be a JSON object"),
    Case.INVALID: Failure(400, "invalid value for {reason}"),
    Case.UNKNOWN_ROUTE: Failure(404, "route not found"),
    Case.WRONG_VERB: Failure(405, "method not allowed"),
    Case.TOO_LARGE: TOO_LARGE,
    Case.UNAUTHENTICATED: Failure(401, "unauthorized", headers={"WWW-Authenticate": "Bearer"}),
    Case.UNAVAILABLE: Failure(503, "service unavailable"),
    Case.TIMEOUT: Failure(504, "service timeout"),
    Case.INTERNAL: Failure(500, "internal error"),
}
FAULTS = {
    Kind.MISSING: "{field} is required",
    Kind.BLANK: "{field} is required",
    Kind.NOT_TEXT: "{field} must be a string",
    Kind.NOT_INTEGER: "{field} must be an integer",
    Kind.LOW: "{field} must be an integer",
    Kind.HIGH: "{field} must be an integer",
    Kind.LONG: "{field} is too long",
    Kind.CONTROL: "{field} contains illegal characters",
    Kind.FORMAT: "{field} is not a valid e-mail address",
}


def dialect(guard: Guard) -> Dialect:
    """The dialect's table."""
    return Dialect(
        name="rbac",
        rows=ROWS,
        source=row_source,
        guard=guard,
        check=checked,
        fault=_fault,
        refusals=REFUSALS,
        cases=CASES,
        succeed=lambda value: {"status": "200", "message": "success", "data": value},
        fail=lambda failure: {"status": str(failure.status), "message": failure.text},
        title="Users, groups, roles, resources and who has what",
        schemes={"serviceToken": BEARER},
    )


def _fault(fault: Fault) -> Failure:
    return Failure(400, FAULTS[fault.kind].format(field=fault.at))
