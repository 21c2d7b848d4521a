"""starcedu's table: its rows, its failures, its two shapes of a body."""

from dataclasses import replace
from typing import Any

from bridge.body import FORM, form_or_json
from bridge.bus import Bus
from bridge.dialect import Ask, Case, Dialect, Failure, unchanged
from bridge.dialects.starcedu.doors import SCHEMES, TENANT_UNKNOWN, USER_UNKNOWN, doors, needs
from bridge.dialects.starcedu.users import rows
from bridge.fields import Fault, Field, Kind, Values, gathered

BAD_BODY = Failure(400, "request body invalid")
TAKEN = Failure(400, "user with this username already existed")

REFUSALS = {
    "tenant.invalid": TENANT_UNKNOWN,
    "session.invalid": USER_UNKNOWN,
    "auth.bad_credentials": Failure(400, "credentials invalid"),
    "user.username_taken": TAKEN,
    "user.email_taken": TAKEN,
    "identity.gone": Failure(400, "oauth user not found"),
}
CASES = {
    Case.UNPARSABLE: BAD_BODY,
    Case.WRONG_KIND: BAD_BODY,
    Case.INVALID: BAD_BODY,
    Case.UNKNOWN_ROUTE: Failure(404, "no such business"),
    Case.WRONG_VERB: Failure(405, "method not allowed"),
    Case.TOO_LARGE: Failure(413, "request body too large"),
    Case.UNAUTHENTICATED: USER_UNKNOWN,
    Case.UNAVAILABLE: Failure(503, "service unavailable"),
    Case.TIMEOUT: Failure(504, "service timeout"),
    Case.INTERNAL: Failure(500, "internal error"),
}
EMPTY = (Kind.MISSING, Kind.BLANK)


def dialect(bus: Bus, secure: bool) -> Dialect:
    """The dialect's table; the guard asks the bus where no request is sent that would prove the caller."""
    return Dialect(
        name="starcedu",
        rows=tuple(replace(row, doc=replace(row.doc, access=needs(row))) for row in rows(secure)),
        source=_source,
        guard=doors(bus),
        check=_checked,
        fault=_fault,
        refusals=REFUSALS,
        cases=CASES,
        succeed=unchanged,
        fail=_fail,
        title="Sign-in, sign-up and password change, for visitors and tenants",
        media=("application/json", FORM),
        schemes=SCHEMES,
    )


def _source(ask: Ask) -> Values:
    return {} if ask.method == "GET" else form_or_json(ask)


def _checked(fields: tuple[Field, ...], given: Values) -> Values:
    # What is empty is told before what is wrong, whatever the order of the fields.
    values, faults = gathered(fields, given)
    for fault in sorted(faults, key=lambda fault: fault.kind not in EMPTY):
        raise fault
    return values


def _fault(fault: Fault) -> Failure:
    return Failure(400, f"{fault.at} empty" if fault.kind in EMPTY else f"provided {fault.at} illigal")


def _fail(failure: Failure) -> dict[str, Any]:
    return {"code": failure.code, "message": failure.text} if failure.code else {"message": failure.text}
