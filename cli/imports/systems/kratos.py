"""Ory Kratos: `GET /admin/identities?include_credential=password`, or a batch for its own import."""

import re

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """An identity whose traits have the usual names; `--map traits.x=field` takes others."""
    record.remove_prefix("create.")
    identifiers = record.take("credentials.password.identifiers") or [None]
    login = str(identifiers[0] or "") or None
    is_address = "@" in (login or "")
    email = record.take_text("traits.email") or (login if is_address else None)
    telephone = record.take_telephone("traits.phone", "traits.phone_number")
    return {
        **record.take_identity("id"),
        "username": record.take_text("traits.username") or (None if is_address else login),
        "email": email,
        "name": record.take_name("traits.name", "traits.name.first", "traits.name.last"),
        "telephone": telephone,
        **_verified_flags(record.take("verifiable_addresses") or [], email, telephone),
        "created_at": record.take_time("created_at"),
        "disabled": mark(record.take_text("state") == "inactive"),
        "password_hash": record.take_text("credentials.password.config.hashed_password"),
    }


def _verified_flags(addresses: list[Fields], email: str | None, telephone: str | None) -> Fields:
    """The marks of what comes: an identity may have further addresses. What `--map` takes is any of its kind."""
    verified = [(each.get("via"), str(each.get("value"))) for each in addresses if each.get("verified") is True]
    emails = [value.lower() for via, value in verified if via == "email"]
    numbers = [_digits(value) for via, value in verified if via == "sms"]
    own = _digits(telephone or "")  # perhaps without its country
    return {
        "email_verified": mark(any(email is None or value == email.lower() for value in emails)),
        "telephone_verified": mark(any(value.endswith(own) for value in numbers)),
    }


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


SYSTEM = System(user, people=("", "identities"))
