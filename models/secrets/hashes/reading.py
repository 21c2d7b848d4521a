"""Reading a stored hash: which scheme it is, whether it is whole, whether checking it is affordable."""

import json
import re
from collections.abc import Callable
from typing import Any

from models.errors.auth import HashRefused
from models.secrets.hashes import argon2, bcrypt, crypt, digests, firebase, pbkdf2, phpass, scrypt
from models.secrets.hashes.records import CASDOOR_TYPES, WRITERS, logto
from models.secrets.hashes.stored import Form, StoredHash

BUDGET = 1.0  # seconds that all checks of one password may take
LARGEST = 131_072  # KiB of memory, as much as the costliest defaults of known writers take
ORDINARY = 128  # bytes of a password that must be affordable
LONGEST = 4096  # characters of a stored hash
FORMS: tuple[Form, ...] = (
    *argon2.FORMS,
    *bcrypt.FORMS,
    *pbkdf2.FORMS,
    *scrypt.FORMS,
    *crypt.FORMS,
    *phpass.FORMS,
    *firebase.FORMS,
    *digests.FORMS,
)

_WORD = re.compile(r"\{[\w@.-]+\}")
# what Spring, OpenLDAP and Django put before a form that is known without it
_PREFIX = re.compile(
    r"(?:\{(?:bcrypt|crypt|ldap|argon2|scrypt|argon2@SpringSecurity_v5_8|scrypt@SpringSecurity_v5_8)\}(?=[${])"
    r"|argon2(?=\$argon2)|bcrypt\$(?=\$2))",
    re.IGNORECASE,
)
_WITHOUT_PASSWORD = re.compile(r"\s*|!.*|\*(?:LK\*|NP\*)?", re.DOTALL)
_PLAIN = re.compile(r"\{(?:noop|cleartext)\}(.+)", re.IGNORECASE | re.DOTALL)
_RESET = "import these people without a hash, and let them set a new password"
_NAMED = {  # how hashes begin that are known and cannot be checked: their name, and what to do instead
    "$y$": ("yescrypt", _RESET),
    "$gy$": ("gost-yescrypt", _RESET),
    "$7$": ("scrypt of crypt(3)", _RESET),
    "$2x$": ("bcrypt 2x", _RESET),
    "$hmac-md4$": ("HMAC-MD4", _RESET),
    "$f_scrypt$": ("f_scrypt", "it lacks the signer key; write $fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$<salt>$<hash>"),
}


def is_without_password(stored: str) -> bool:
    """Whether it is how systems write that nobody can sign in: empty, `!` and what follows, `*`."""
    return _WITHOUT_PASSWORD.fullmatch(stored) is not None


def plain_password(stored: str) -> str | None:
    """The password itself, where a system stored it so: `{noop}` and `{CLEARTEXT}`, Casdoor's type plain."""
    if found := _PLAIN.fullmatch(stored):
        return found[1]
    if '"plain"' not in stored or not _is_record(stored):
        return None
    record = _json(stored)
    plain = isinstance(record, dict) and record.get("passwordType") == "plain"
    return str(record.get("password", "")) if plain else None


def read(stored: str) -> StoredHash:
    """The hash. Raises `HashRefused`: of no known scheme, or malformed."""
    if len(stored) > LONGEST:
        raise _refusal("malformed", f"it is longer than {LONGEST} characters")
    if _is_record(stored):
        return _read_record(_json(stored))
    text = _PREFIX.sub("", stored, count=1) if _PREFIX.match(stored) else stored
    for form in FORMS:
        if found := form.pattern.fullmatch(text):
            return _read_with(form.scheme, form.read, found)
    raise _unread_refusal(text)


def accept(stored: str) -> StoredHash:
    """The hash, if people can sign in with it in reasonable time. Raises `HashRefused`."""
    known = read(stored)
    seconds, mebibytes = known.cost(ORDINARY), known.memory / 1024
    if seconds > BUDGET or known.memory > LARGEST:
        raise HashRefused(
            f"the password hash is too costly to check: {known.scheme}, about {seconds:.1f} s and {mebibytes:.0f} MiB "
            f"of at most {BUDGET:.0f} s and {LARGEST // 1024} MiB: {_RESET}",
            {"reason": "too_costly", "scheme": known.scheme, "seconds": round(seconds, 1), "memory": round(mebibytes)},
        )
    return known


def _is_record(stored: str) -> bool:
    return stored.startswith(("{", "[")) and not _WORD.match(stored)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal("malformed", "it looks like JSON and cannot be read as such") from error


def _read_record(record: Any) -> StoredHash:
    if isinstance(record, list):
        return _read_with("logto", logto, record)
    for scheme, names, writer in WRITERS:
        if names <= record.keys():
            if scheme == "casdoor" and str(record["passwordType"]) not in CASDOOR_TYPES:
                return read(str(record["password"]))
            return _read_with(scheme, writer, record)
    raise _refusal("unknown_scheme", "these fields are those of no system that is known here")


def _read_with(scheme: str, reader: Callable[[Any], StoredHash], given: Any) -> StoredHash:
    try:
        return reader(given)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _refusal("malformed", f"{scheme}: a part is missing, cut off or out of range", scheme) from error


def _unread_refusal(text: str) -> HashRefused:
    for start, (name, instead) in _NAMED.items():
        if text.startswith(start):
            return _refusal("unknown_scheme", f"{name} cannot be checked here: {instead}", name)
    for form in FORMS:
        if text.startswith(form.starts):
            return _refusal("malformed", f"{form.scheme}: it is cut off, or not of its form", form.scheme)
    return _refusal("unknown_scheme", f"it is of no scheme that is known here: {_RESET}")


def _refusal(reason: str, says: str, scheme: str | None = None) -> HashRefused:
    return HashRefused(f"the password hash is refused: {says}", {"reason": reason, "scheme": scheme})
