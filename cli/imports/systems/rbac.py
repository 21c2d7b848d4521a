"""rbac: its tables `user`, `user_role`, `user_group` and `user_admin`, from mysqldump."""

from cli.imports.record import Record
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A user with its id, roles and groups, which must be in userbus under the same ids."""
    number = record.take_text("id")
    passwords = [row.get("password") for row in record.find_rows("user_admin", number)]
    return {
        "id": int(number) if number else None,
        "created_at": record.take_time("create_time"),
        "email": record.take_text("email"),
        "name": record.take_text("name"),
        "role_ids": [int(row["role_id"]) for row in record.find_rows("user_role", number)],
        "group_ids": [int(row["group_id"]) for row in record.find_rows("user_group", number)],
        "password_hash": next(iter(passwords), None),
    }


SYSTEM = System(
    user, people=("", "user"), side={"user_role": "user_id", "user_group": "user_id", "user_admin": "user_id"}
)
