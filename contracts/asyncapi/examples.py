"""An example for a JSON Schema, the same at each run."""

from typing import Any

Json = dict[str, Any]

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip
DEFAULTS: Json = {"string": "text", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
# By the name of a field, where the field has this type.
VALUES: Json = {
    "account": "ou_1", "code": "sales", "company": "Acme", "email": "ada@example.com", "events": ["user.*"],
    "gender": "female", "id": 42, "integration": "lark", "integrations": ["lark"], "login": "ada",
    "mobile": "+8613800000000",
    "name": "Ada", "needs": "user.read", "new_password": "a good new passphrase", "old_password": "a good passphrase",
    "password": "a good passphrase", "position": "engineer", "resources": ["page.users"], "scopes": ["user"],
    "secret": "0123456789abcdef", "secrets": ["0123456789abcdef"], "status": 1, "subject": "ou_1",
    "telephone": "+8613800000000", "title": "Users", "token": "0123456789abcdef0123456789abcdef",
    "user_id": 42, "url": "https://receiver.example/userbus", "username": "ada",
    "uuid": "6f1c7c2e-5d0b-4c39-9a3f-2f1f0b6f4a51",
}  # fmt: skip
# Requests that need one of several fields, which JSON Schema does not say.
REQUESTS: dict[str, Json] = {
    "account.apply": {"user_id": 42, "actions": [{"action": "create", "integration": "lark", "account": "ou_1"}]},
    "account.list": {"user_id": 42},
    "account.resolve": {"user_ids": [42], "integrations": ["lark"]},
    "app.get": {"id": 42},
    "group.get": {"id": 42},
    "integration.delete": {"name": "lark"},
    "integration.get": {"name": "lark"},
    "integration.update": {"name": "lark", "secrets": ["0123456789abcdef"]},
    "resource.get": {"id": 42},
    "resource_type.get": {"id": 42},
    "role.get": {"id": 42},
    "user.create": {"username": "ada", "email": "ada@example.com", "name": "Ada"},
    "user.get": {"username": "ada"},
}


def example(schema: Json, schemas: Json, field: str = "") -> Any:
    """A value that fits the schema; `schemas` holds what it refers to, `field` is the name of the field that it is for.

    An object that takes no other fields is a request: it has the required fields only.
    """
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, field)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return example(next(option for option in schema[key] if option.get("type") != "null"), schemas, field)
    if schema.get("type") == "object" and "properties" in schema:
        return _object(schema, schemas)
    return _scalar_or_list(schema, schemas, field)


def _object(schema: Json, schemas: Json) -> Json:
    if "examples" in schema:
        return dict(schema["examples"][0])
    shown = schema.get("required", []) if schema.get("additionalProperties") is False else schema["properties"]
    return {name: example(schema["properties"][name], schemas, name) for name in shown}


def _scalar_or_list(schema: Json, schemas: Json, field: str) -> Any:
    kind = schema.get("type", "")
    if "const" in schema:
        return schema["const"]
    if "examples" in schema or "enum" in schema:
        return (schema.get("examples") or schema["enum"])[0]
    if field in VALUES and isinstance(VALUES[field], TYPES.get(kind, object)):
        return VALUES[field]
    if kind == "array":
        return [example(schema["items"], schemas, field.removesuffix("s"))]
    if kind == "string" and (field.endswith(("_at", "_until")) or field == "last_used"):
        return "2026-01-31T08:30:00.000Z"
    return DEFAULTS.get(kind)
