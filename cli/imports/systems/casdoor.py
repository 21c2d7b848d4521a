"""Casdoor: the server's own export (init_data), or its table `user` as CSV."""

import json

from cli.imports.record import LeftOut, Record, mark
from cli.imports.row import Fields
from cli.imports.system import System

INTEGRATIONS = ("lark", "dingtalk", "slack")
WITH_SALT = ("plain", "salt", "sha512-salt", "md5-salt", "pbkdf2-salt")  # the others keep all in the hash


def user(record: Record) -> Fields:
    """A person; password type and salt may be those of the organisation."""
    if record.take_flag("isDeleted"):
        raise LeftOut("deleted there")
    return {
        **record.take_identity("id"),
        "username": record.take_text("name"),
        "email": record.take_text("email"),
        "name": record.take_name("displayName", "firstName", "lastName"),
        "telephone": record.take_telephone("phone", country=record.take_text("countryCode")),
        "company": record.take_text("affiliation"),
        "position": record.take_text("title"),
        "gender": record.take_text("gender"),
        "accounts": _accounts(record),
        "email_verified": mark(record.take_flag("emailVerified")),
        "created_at": record.take_time("createdTime"),
        "disabled": mark(record.take_flag("isForbidden")),
        "password_hash": _password(record),
    }


def _accounts(record: Record) -> list[Fields]:
    found = {name: record.take_text(name) for name in INTEGRATIONS}
    return [{"integration": name, "account": account} for name, account in found.items() if account]


def _password(record: Record) -> str | None:
    password, salt, kind = (record.take_text(name) for name in ("password", "passwordSalt", "passwordType"))
    organizations = record.find_rows("organizations", record.take_text("owner"))
    if password == "***":  # noqa: S105  what Casdoor's API shows instead
        record.report_loss(
            "password", "the file shows *** instead of it: export the users with the server's own export"
        )
        return None
    if password and not kind and not organizations:
        record.report_loss(
            "password", "its type is its organization's, which is not in the file: take the server's own export"
        )
        return None
    organization = organizations[0] if organizations else {}
    kind = kind or organization.get("passwordType") or "plain"
    if not password or kind not in WITH_SALT:
        return password
    salt = salt or organization.get("passwordSalt") or ""
    return json.dumps({"passwordType": kind, "password": password, "passwordSalt": salt})


SYSTEM = System(user, people=("users", "user"), side={"organizations": "name"})
