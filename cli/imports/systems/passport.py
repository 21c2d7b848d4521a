"""passport: its tables `t_passport_user` and `t_passport_user_role`, from mysqldump."""

import json

from cli.imports.record import LeftOut, Record
from cli.imports.row import Fields
from cli.imports.system import System

LIVE = "1"


def user(record: Record) -> Fields:
    """A live user with its id and roles, which must be in userbus under the same ids."""
    if record.take_text("status") not in (LIVE, None):
        raise LeftOut("deleted there")
    number = record.take_text("id")
    roles = record.find_rows("t_passport_user_role", number)
    record.drop("sort")
    return {
        "id": int(number) if number else None,
        "created_at": record.take_time("create_time", "created_at"),
        "email": record.take_text("email"),
        "name": record.take_text("name"),
        "mobile": record.take_telephone("mobile"),
        "position": record.take_text("position"),
        "role_ids": [int(row["role_id"]) for row in roles if row.get("status", LIVE) == LIVE],
        "password_hash": _password(record),
    }


def _password(record: Record) -> str | None:
    stored, prefix = record.take_text("password"), record.hash_config("prefix")
    if stored and prefix is None:
        record.report_loss(
            "password", "it is MD5 of a fixed text and the password: --hash-config with prefix: <that text>"
        )
        return None
    return json.dumps(["md5", [prefix, "@"], stored]) if stored else None


SYSTEM = System(user, people=("", "t_passport_user"), side={"t_passport_user_role": "user_id"})
