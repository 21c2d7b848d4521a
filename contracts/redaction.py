"""Removal of secrets from message bodies before they are stored or logged."""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from contracts.entry import Entry

REDACTED = "(redacted)"
_NAMES = frozenset({"code", "pin", "otp", "pwd", "apikey", "authorization", "cookie"})
_WORDS = ("password", "passwd", "passphrase", "secret", "token", "credential")
_SEPARATORS = re.compile(r"[\W_]")
_ESCAPED_LETTER = re.compile(r"\\u(00|ff|d835)", re.IGNORECASE)

IsSecret = Callable[[str], bool]


def redact(entry: Entry | None, body: bytes) -> tuple[bytes, list[str]]:
    """Return the body without its secret fields, and their names.

    Secret are the contract's secret fields and whatever is called alike, in any letter case and with any separators. A
    body that cannot be parsed is dropped if it mentions such a name, or holds escapes that may spell one.
    """
    is_secret, cut = _secret_names(entry), set[str]()

    def clean(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        hidden = {name for name, _ in pairs if is_secret(name)}
        cut.update(hidden)
        return {name: REDACTED if name in hidden else value for name, value in pairs}

    try:
        cleaned = json.dumps(json.loads(body, object_pairs_hook=clean), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # no JSON, or nested too deeply
        return (b"", ["(body)"]) if _may_mention_secret(entry, body) else (body, [])
    return (cleaned if cut else body), sorted(cut)


def scrub(entry: Entry | None, body: bytes, text: str) -> str:
    """Return a text, such as an exception's, without the secrets that the body holds."""
    try:
        secrets = _secrets(json.loads(body), _secret_names(entry))
    except (ValueError, RecursionError):
        return text
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return text


def secret_fields(message: type[BaseModel]) -> frozenset[str]:
    """The names of the secret fields of a contract, nested objects included."""
    found: set[str] = set()
    for name, field in message.model_fields.items():
        for part in _parts(field.annotation):
            if part is SecretStr:
                found.add(name)
            elif isinstance(part, type) and issubclass(part, BaseModel):
                found |= secret_fields(part)
    return frozenset(found)


def is_secret_name(name: str) -> bool:
    """Whether what is called so is secret, whatever it belongs to."""
    return _secret_names(None)(name)


def _parts(annotation: Any) -> list[Any]:
    inner = get_args(annotation)
    return [part for arg in inner for part in _parts(arg)] if inner else [annotation]


def _secret_names(entry: Entry | None) -> IsSecret:
    names = _exact_names(entry)

    def is_secret(name: str) -> bool:
        plain = _plain(name)
        return plain in names or any(word in plain for word in _WORDS)

    return is_secret


def _exact_names(entry: Entry | None) -> frozenset[str]:
    own = map(_plain, secret_fields(entry.message)) if entry else ()
    return _NAMES.union(own)


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _may_mention_secret(entry: Entry | None, body: bytes) -> bool:
    text = body.decode(errors="replace")
    plain = _plain(text)
    return bool(_ESCAPED_LETTER.search(text)) or any(word in plain for word in (*_exact_names(entry), *_WORDS))


def _secrets(value: Any, is_secret: IsSecret, inside: bool = False) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _secrets(item, is_secret, inside)]
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _secrets(item, is_secret, inside or is_secret(name))]
    return [str(value)] if inside and value is not None else []
