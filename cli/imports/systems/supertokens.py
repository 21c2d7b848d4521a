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
    methods = sorted(methods, key=lambda method: (not _has_password(method), not method.get("isPrimary")))
    mailed, phoned = _with(methods, "email"), _with(methods, "phoneNumber")
    return {
        **record.take_identity("externalUserId"),
        "username": record.take_text("userMetadata.username"),
        "email": mailed.get("email"),
        "name": record.take_name("userMetadata.name", "userMetadata.first_name", "userMetadata.last_name"),
        "telephone": phoned.get("phoneNumber"),
        "email_verified": mark(mailed.get("isVerified") is True),
        "telephone_verified": mark(phoned.get("isVerified") is True),
        "created_at": parse_time((mailed or phoned).get("timeJoinedInMSSinceEpoch")),
        "password_hash": _password(record, methods[0] if methods else {}),
    }


def _has_password(method: Fields) -> bool:
    return bool(method.get("passwordHash") or method.get("plainTextPassword"))


def _with(methods: list[Fields], name: str) -> Fields:
    return next((method for method in methods if method.get(name)), {})


def _password(record: Record, method: Fields) -> str | None:
    stored: str = method.get("passwordHash") or ""
    if not stored:
        return f"{{noop}}{method['plainTextPassword']}" if _has_password(method) else None
    found = _SCRYPT.fullmatch(stored)
    signer = record.hash_config("base64_signer_key")
    if not found or not signer:
        return stored
    key, salt, memory, rounds, separator = found.groups()
    return f"$fbscrypt$v=1,n={memory},r={rounds},p=1,ss={separator},sk={signer}${salt}${key}"


SYSTEM = System(user, people=("users",))
