"""Django: `manage.py dumpdata auth.user` in any format of JSON, or the table `auth_user`."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields | None:
    """A user of any user model; other models of the same dump are no people."""
    model = record.take_text("model")
    record.remove_prefix("fields.")
    if model and not record.has("password"):
        return None
    return {
        "username": record.take_text("username"),
        "email": record.take_text("email"),
        "name": record.take_name("name", "first_name", "last_name"),
        "telephone": record.take_telephone("phone_number", "phone", "mobile"),
        "created_at": record.take_time("date_joined"),
        "disabled": mark(record.take_flag("is_active") is False),
        "password_hash": record.take_text("password"),
    }


SYSTEM = System(user, people=("", "auth_user"))
