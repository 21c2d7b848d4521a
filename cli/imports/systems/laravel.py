"""Laravel: the table `users`, from mysqldump or pg_dump, as CSV or JSON."""

from cli.imports.record import LeftOut, Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A user of the default table, with a few columns that applications often add."""
    if record.take("deleted_at"):
        raise LeftOut("deleted there")
    record.drop("remember_token")
    return {
        "username": record.take_text("username"),
        "email": record.take_text("email"),
        "name": record.take_text("name"),
        "telephone": record.take_telephone("phone", "phone_number", "mobile"),
        "email_verified": mark(record.take("email_verified_at") is not None),
        "created_at": record.take_time("created_at"),
        "password_hash": record.take_text("password"),
    }


SYSTEM = System(user, people=("", "users"))
