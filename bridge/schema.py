"""Words for the JSON Schemas of answers: an object has exactly the keys that it is given here."""

from collections.abc import Iterable
from typing import Any

from bridge.fields import Schema

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "integer", "enum": [0, 1]}
TRUE: Schema = {"const": True}
NULL: Schema = {"type": "null"}
EMPTY: Schema = {"type": "array", "maxItems": 0}
BEARER: Schema = {"type": "http", "scheme": "bearer"}


def exactly(**keys: Schema) -> dict[str, Any]:
    """An object with these keys, all of them, and no others."""
    return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}


def many(item: Schema) -> dict[str, Any]:
    """A list of such items."""
    return {"type": "array", "items": item}


def shaped(value: Any) -> dict[str, Any]:
    """The schema of a body made of schemas and constants, such as a dialect's success around a row's schema."""
    if isinstance(value, Shown):
        return dict(value)
    if isinstance(value, dict):
        return exactly(**{key: shaped(inner) for key, inner in value.items()})
    return {"const": value}


def union(bodies: Iterable[dict[str, Any]], variable: str) -> dict[str, Any]:
    """The schema of any of these bodies: each key has one of its values, any text if one of them has a `variable`."""
    known = list(bodies)
    keys = {key: _values([body[key] for body in known if key in body], variable) for body in known for key in body}
    always = [key for key in keys if all(key in body for body in known)]
    return exactly(**keys) | {"required": always}


def _values(values: list[Any], variable: str) -> dict[str, Any]:
    if any(isinstance(value, str) and variable in value for value in values):
        return {"type": ["string", "null"] if None in values else "string"}
    return {"enum": list(dict.fromkeys(values))}


class Shown(dict[str, Any]):
    """A schema in its place inside a body, told apart from the body's own objects."""
