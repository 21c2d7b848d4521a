"""Okta: the answers of `GET /api/v1/users`, joined to one array or one a line. No hash leaves Okta."""

from cli.imports.record import LeftOut, Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A person without a password."""
    status = record.take_text("status")
    if status == "DEPROVISIONED":
        raise LeftOut("deactivated there")
    created_at = record.take_time("created")
    record.remove_prefix("profile.")
    return {
        **record.take_identity("id"),
        "created_at": created_at,
        "disabled": mark(status == "SUSPENDED"),
        "username": record.take_text("login"),
        "email": record.take_text("email"),
        "name": record.take_name("displayName", "firstName", "lastName"),
        "telephone": record.take_telephone("mobilePhone", "primaryPhone"),
        "company": record.take_text("organization"),
        "position": record.take_text("title"),
    }


SYSTEM = System(user, people=("",))
