"""Zitadel: the answer of the admin API's `export`, asked for with passwords."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A human; machines are not read. The 64-bit id stays, as `external_id`."""
    record.remove_prefix("user.")
    return {
        "external_id": record.take_text("userId"),
        "username": record.take_text("userName"),
        "email": record.take_text("email.email"),
        "name": record.take_name("profile.displayName", "profile.firstName", "profile.lastName"),
        "telephone": record.take_telephone("phone.phone"),
        "gender": _gender(record.take_text("profile.gender")),
        "email_verified": mark(record.take_flag("email.isEmailVerified")),
        "telephone_verified": mark(record.take_flag("phone.isPhoneVerified")),
        "password_hash": record.take_text("hashedPassword.value"),
    }


def _gender(text: str | None) -> str | None:
    word = (text or "").removeprefix("GENDER_").lower()
    return word if word not in ("", "unspecified") else None


SYSTEM = System(user, people=("orgs.humanUsers", "data_orgs.orgs.humanUsers"))
