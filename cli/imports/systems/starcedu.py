"""starcedu: its tables `users`, `logins` and `oauth2users`, from pg_dump."""

from cli.imports.record import Record
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A person whose username is an e-mail; the hash stands in its local login, the 64-bit id becomes `external_id`."""
    number = record.take_text("id")
    for row in record.find_rows("oauth2users", number):
        record.report_loss(f"sign-in with {row.get('provider')}", "userbus has no sign-in with other providers")
    record.drop("user_key")
    username = record.take_text("username")
    return {
        "external_id": number,
        "username": username,
        "email": username if "@" in (username or "") else None,
        "name": record.take_text("nickname"),
        "gender": record.take_text("gender"),
        "created_at": record.take_time("created_at"),
        "password_hash": record.take_text("password") or _password(record.find_rows("logins", number)),
    }


def _password(logins: list[Fields]) -> str | None:
    return next((row.get("provider_token") for row in logins if row.get("provider") == "local"), None)


SYSTEM = System(user, people=("", "users"), side={"logins": "user_id", "oauth2users": "user_id"})
