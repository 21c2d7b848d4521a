"""foreseen: its tables `users`, `accounts` and `integrations`, from pg_dump."""

from cli.imports.record import Record
from cli.imports.row import Fields
from cli.imports.system import System

TYPES = {"0": "user", "1": "group", "2": "integration"}


def user(record: Record) -> Fields:
    """A user with its id and accounts; foreseen has no passwords."""
    number = record.take_text("id")
    kind = record.take_text("type", "usertype") or "0"
    return {
        "id": int(number) if number else None,
        "created_at": record.take_time("created_at"),
        "username": record.take_text("name", "username"),
        "usertype": TYPES.get(kind, kind),
        "accounts": [_account(record, row) for row in record.find_rows("accounts", number)],
    }


def _account(record: Record, row: Fields) -> Fields:
    integrations = record.find_rows("integrations", row.get("integration"))
    name = integrations[0].get("name") if integrations else row.get("integration")
    return {"integration": name, "account": row.get("account")}


SYSTEM = System(user, people=("", "users"), side={"accounts": "user_id", "integrations": "id"})
