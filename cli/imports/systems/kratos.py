"""Ory Kratos: `GET /admin/identities?include_credential=password`, or a batch for its own import."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """An identity whose traits have the usual names; `--map traits.x=field` takes others."""
    record.remove_prefix("create.")
    identifiers = record.take("credentials.password.identifiers") or [None]
    login = str(identifiers[0] or "") or None
    is_address = "@" in (login or "")
    return {
        **record.take_identity("id"),
        "username": record.take_text("traits.username") or (None if is_address else login),
        "email": record.take_text("traits.email") or (login if is_address else None),
        "name": record.take_name("traits.name", "traits.name.first", "traits.name.last"),
        "telephone": record.take_telephone("traits.phone", "traits.phone_number"),
        **_verified_flags(record.take("verifiable_addresses") or []),
        "created_at": record.take_time("created_at"),
        "disabled": mark(record.take_text("state") == "inactive"),
        "password_hash": record.take_text("credentials.password.config.hashed_password"),
    }


def _verified_flags(addresses: list[Fields]) -> Fields:
    kinds = {address.get("via") for address in addresses if address.get("verified") is True}
    return {"email_verified": mark("email" in kinds), "telephone_verified": mark("sms" in kinds)}


SYSTEM = System(user, people=("", "identities"))
