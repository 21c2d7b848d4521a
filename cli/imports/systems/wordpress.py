"""WordPress: the table `wp_users`, from mysqldump or `mysql --batch`; CSV or JSON (`wp user list` prints no hashes)."""

from cli.imports.record import Record
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A user; first and last names and roles stand in `wp_usermeta`, which is not read."""
    record.drop("user_nicename", "user_activation_key")
    return {
        "username": record.take_text("user_login"),
        "email": record.take_text("user_email"),
        "name": record.take_text("display_name"),
        "created_at": record.take_time("user_registered"),
        "password_hash": record.take_text("user_pass"),
    }


SYSTEM = System(user, people=("", "users"), escaped=(".tsv",))
