"""Taking secrets out of a message body before it is kept anywhere."""

import json
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from contracts.catalog import Entry

REDACTED = "(redacted)"
_NAMES = frozenset({"password", "token", "code", "secret", "secrets", "password_hash", "old_password", "new_password"})


def redacted(entry: Entry | None, body: bytes) -> tuple[bytes, list[str]]:
    """The body without its secret fields, and their names; one that cannot be searched and may hold any is dropped."""
    names = _NAMES | (secret_fields(entry.message) if entry else frozenset())
    cut: list[str] = []
    try:
        clean = json.dumps(_clean(json.loads(body), names, cut), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # no JSON, or nested too deeply
        return (b"", ["(body)"]) if any(name.encode() in body for name in names) else (body, [])
    return (clean if cut else body), sorted(set(cut))


def scrubbed(entry: Entry | None, body: bytes, text: str) -> str:
    """A text, of an exception say, without the secrets that the body holds."""
    names = _NAMES | (secret_fields(entry.message) if entry else frozenset())
    try:
        secrets = _secrets(json.loads(body), names)
    except (ValueError, RecursionError):
        return text
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return text


def secret_fields(message: type[BaseModel]) -> frozenset[str]:
    """The names of a contract's secret fields, those of nested objects included."""
    found: set[str] = set()
    for name, field in message.model_fields.items():
        for part in _parts(field.annotation):
            if part is SecretStr:
                found.add(name)
            elif isinstance(part, type) and issubclass(part, BaseModel):
                found |= secret_fields(part)
    return frozenset(found)


def _parts(annotation: Any) -> list[Any]:
    inner = get_args(annotation)
    return [part for arg in inner for part in _parts(arg)] if inner else [annotation]


def _clean(value: Any, names: frozenset[str], cut: list[str]) -> Any:
    if isinstance(value, list):
        return [_clean(item, names, cut) for item in value]
    if not isinstance(value, dict):
        return value
    hidden = {name for name in value if name in names}
    cut.extend(hidden)
    return {name: REDACTED if name in hidden else _clean(item, names, cut) for name, item in value.items()}


def _secrets(value: Any, names: frozenset[str], inside: bool = False) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _secrets(item, names, inside)]
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _secrets(item, names, inside or name in names)]
    return [str(value)] if inside and value is not None else []
