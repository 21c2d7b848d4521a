"""SuperTokens: the file of its bulk import, or users put into that form."""

import re

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System
from cli.imports.times import parse_time

_SCRYPT = re.compile(r"\$f_scrypt\$([^$]+)\$([^$]+)\$m=(\d+)\$r=(\d+)\$s=([^$]+)")


def user(record: Record) -> Fields:
    """A person with login methods: the first with a password, else the primary one; telephones of any of them."""
    methods = record.take("loginMethods") or []
    for method in methods:
        if method.get("recipeId") == "thirdparty":
            record.report_loss(
                f"sign-in with {method.get('thirdPartyId')}", "userbus has no sign-in with other providers"
            )
    methods = sorted(methods, key=lambda method: (not method.get("passwordHash"), not method.get("isPrimary")))
    chosen: Fields = next((method for method in methods if method.get("email")), {})
    return {
        **record.take_identity("externalUserId"),
        "username": record.take_text("userMetadata.username"),
        "email": _first(methods, "email"),
        "name": record.take_name("userMetadata.name", "userMetadata.first_name", "userMetadata.last_name"),
        "telephone": _first(methods, "phoneNumber"),
        "email_verified": mark(chosen.get("isVerified") is True),
        "created_at": parse_time(chosen.get("timeJoinedInMSSinceEpoch")),
        "password_hash": _password(record, _first(methods, "passwordHash")),
    }


def _first(methods: list[Fields], name: str) -> str | None:
    return next((str(method[name]) for method in methods if method.get(name)), None)


def _password(record: Record, stored: str | None) -> str | None:
    found = _SCRYPT.fullmatch(stored or "")
    signer = record.hash_config("base64_signer_key")
    if not found or not signer:
        return stored
    key, salt, memory, rounds, separator = found.groups()
    return f"$fbscrypt$v=1,n={memory},r={rounds},p=1,ss={separator},sk={signer}${salt}${key}"


SYSTEM = System(user, people=("users",))
