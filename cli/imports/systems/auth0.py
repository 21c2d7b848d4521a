"""Auth0: the export job's profiles, and the hashes that its support sends."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A profile, joined with its hash from `--passwords`; or a line of the file of hashes by itself."""
    object_id = record.take_text("_id.$oid")
    user_id = record.take_text("user_id") or f"auth0|{object_id}"
    hashes = [row.get("passwordHash") for row in record.find_rows("passwords", user_id.removeprefix("auth0|"))]
    record.drop("tenant", "connection", "_tmp_is_unique", "password_set_date.$date")
    return {
        "external_id": user_id,
        "username": record.take_text("username"),
        "email": record.take_text("email"),
        "name": record.take_name("name", "given_name", "family_name"),
        "telephone": record.take_telephone("phone_number"),
        "email_verified": mark(record.take_flag("email_verified")),
        "telephone_verified": mark(record.take_flag("phone_verified")),
        "created_at": record.take_time("created_at"),
        "disabled": mark(record.take_flag("blocked")),
        "password_hash": record.take_text("passwordHash") or next(iter(hashes), None),
    }


SYSTEM = System(user, people=("",), side={"passwords": "_id.$oid"})
