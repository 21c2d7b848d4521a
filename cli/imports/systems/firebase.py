"""Firebase: `firebase auth:export`, as JSON or as CSV, which has no heading."""

import json

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System

CONFIG = ("base64_signer_key", "base64_salt_separator", "rounds", "mem_cost")
PARTS = ("id", "email", "name", "photo")
PROVIDERS = [f"{name}.{part}" for name in ("google", "facebook", "twitter", "github") for part in PARTS]
COLUMNS = (
    *("localId", "email", "emailVerified", "passwordHash", "salt", "displayName", "photoUrl"),
    *PROVIDERS,
    *("createdAt", "lastSignedInAt", "phoneNumber", "disabled", "customAttributes", ""),
)


def user(record: Record) -> Fields:
    """A person; the project's hash parameters are in no export: `--hash-config`."""
    return {
        **record.take_identity("localId"),
        "email": record.take_text("email"),
        "name": record.take_text("displayName"),
        "telephone": record.take_telephone("phoneNumber"),
        "email_verified": mark(record.take_flag("emailVerified")),
        "created_at": record.take_time("createdAt"),
        "disabled": mark(record.take_flag("disabled")),
        "password_hash": _password(record),
    }


def _password(record: Record) -> str | None:
    password, salt = record.take_text("passwordHash"), record.take_text("salt")
    config = {name: record.hash_config(name) for name in CONFIG}
    if not password:
        return None
    if None in config.values():
        record.report_loss("password", f"its parameters are missing: --hash-config with {', '.join(CONFIG)}")
        return None
    return json.dumps({"passwordHash": password, "salt": salt or "", **config})


SYSTEM = System(user, people=("users",), columns=COLUMNS)
