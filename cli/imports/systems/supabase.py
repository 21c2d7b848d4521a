"""Supabase: `auth.users`, with `auth.identities`, from pg_dump or as CSV."""

import json

from cli.imports.record import LeftOut, Record, mark
from cli.imports.row import Fields
from cli.imports.system import System
from cli.imports.times import parse_time


def user(record: Record) -> Fields:
    """A person; the name stands in a JSON text, telephones begin with a calling code without `+`."""
    if record.take("deletedAt"):
        raise LeftOut("deleted there")
    if record.take_flag("isAnonymous"):
        raise LeftOut("an anonymous visitor: there is nothing to sign in with")
    identity_of_person = record.take_identity("id")
    for identity in record.find_rows("identities", identity_of_person.get("uuid")):
        if identity.get("provider") not in ("email", "phone"):
            record.report_loss(
                f"sign-in with {identity.get('provider')}", "userbus has no sign-in with other providers"
            )
    record.drop("instance_id", "aud", "role", "raw_app_meta_data")
    return {
        **identity_of_person,
        "email": record.take_text("email"),
        "name": _name(record.take("raw_user_meta_data")),
        "telephone": record.take_telephone("phone", international=True),
        "email_verified": mark(record.take("email_confirmed_at") is not None),
        "telephone_verified": mark(record.take("phone_confirmed_at") is not None),
        "created_at": record.take_time("created_at"),
        "disabled": mark(_is_banned(record.take("bannedUntil"))),
        "password_hash": record.take_text("encrypted_password"),
    }


def _is_banned(until: object) -> bool:
    """Whether a ban has not ended; what cannot be read as a time is one without end."""
    return until is not None and parse_time(until) is None


def _name(given: object) -> str | None:
    try:
        about = json.loads(given) if isinstance(given, str) else {}
    except ValueError:
        return None
    found = [about.get(key) for key in ("full_name", "name")] if isinstance(about, dict) else []
    return next((name for name in found if name and isinstance(name, str)), None)  # people write it as they like


SYSTEM = System(user, people=("", "users"), side={"identities": "user_id"})
