"""JSON Schemas of responses."""

from collections.abc import Iterable
from typing import Any

from bridge.rest.fields import Schema

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
FLAG: Schema = {"type": "integer", "enum": [0, 1]}
TRUE: Schema = {"type": "boolean", "const": True}
EMPTY_LIST: Schema = {"type": "array", "items": TEXT, "maxItems": 0}
BEARER: Schema = {"type": "http", "scheme": "bearer"}


TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


class EmbeddedSchema(dict[str, Any]):
    """A schema inside a body; its type distinguishes it from the body's own objects."""


def closed_object(**properties: Schema) -> dict[str, Any]:
    """An object with all of these properties and no others."""
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def constant(value: bool | float | str | None) -> dict[str, Any]:
    """This value and no other; its type beside it is for generators of clients."""
    return {"type": TYPES[type(value)], "const": value}


def array_of(items: Schema) -> dict[str, Any]:
    """An array of such items."""
    return {"type": "array", "items": items}


def body_schema(body: Any) -> dict[str, Any]:
    """The schema of a body made of constants and embedded schemas, e.g. a dialect's success body."""
    if isinstance(body, EmbeddedSchema):
        return dict(body)
    if isinstance(body, dict):
        return closed_object(**{key: body_schema(inner) for key, inner in body.items()})
    return constant(body)


def union(bodies: Iterable[dict[str, Any]], variable: str) -> dict[str, Any]:
    """The schema of any of these bodies: each key has one of their values, or any text if one contains `variable`."""
    known = list(bodies)
    values = {key: [body[key] for body in known if key in body] for body in known for key in body}
    properties = {key: _values_schema(found, variable) for key, found in values.items()}
    return closed_object(**properties) | {"required": [key for key in values if all(key in body for body in known)]}


def _values_schema(values: list[Any], variable: str) -> dict[str, Any]:
    if any(isinstance(value, str) and variable in value for value in values):
        return {"type": ["string", "null"] if None in values else "string"}
    types = list(dict.fromkeys(TYPES[type(value)] for value in values))
    return {"type": types[0] if len(types) == 1 else types, "enum": list(dict.fromkeys(values))}
