"""OpenAPI 3.1 documents of the dialects, generated from their tables."""

import re
from collections.abc import Iterable

from bridge.dialect import Dialect, Row
from bridge.docs.answers import Json, responses
from bridge.fields import Field, object_schema, schema_of
from contracts.catalog import CATALOG

ABOUT = (
    "One user store behind five documented interfaces. HEAD and OPTIONS are served for every path. "
    "`X-Request-Id` comes back as it was sent; `traceparent` and `tracestate` go on to the bus. "
    "Bodies have at most 1 MiB."
)
KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key from the same caller carries the command out once; with another body it is refused.",
    "schema": {"type": "string", "maxLength": 255},
}


def document(dialects: Iterable[Dialect], title: str, version: str) -> Json:
    """One document for these dialects."""
    known = list(dialects)
    paths: dict[str, Json] = {}
    for dialect in known:
        for row in dialect.rows:
            paths.setdefault(row.path, {})[row.method.lower()] = operation(dialect, row)
    schemes = {_scheme(dialect, name): dict(scheme) for dialect in known for name, scheme in dialect.schemes.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": ABOUT},
        "tags": [{"name": dialect.name, "description": dialect.title} for dialect in known],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def operation(dialect: Dialect, row: Row) -> Json:
    """One row."""
    names = re.findall(r"{(\w+)}", row.path)
    given = tuple(field for field in row.fields if field.key not in names)
    in_query = row.method == "GET"
    parameters = [
        *(_variable(row, name) for name in names),
        *(_parameter(field) for field in given if in_query),
        *([KEY] if CATALOG[row.name].is_command else []),
    ]
    return {
        "operationId": re.sub(r"\W+", "_", f"{dialect.name} {row.method.lower()} {row.path}").strip("_"),
        "summary": row.doc.does,
        "tags": [dialect.name],
        "parameters": parameters,
        **({"requestBody": _body(dialect, row, given)} if given and not in_query else {}),
        "responses": responses(dialect, row),
        "security": _security(dialect, row),
    }


def _variable(row: Row, name: str) -> Json:
    checks = {field.key: field.check for field in row.fields}
    schema = schema_of(checks[name]) if name in checks else {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(field: Field) -> Json:
    return {"name": field.key, "in": "query", "required": field.required, "schema": schema_of(field.check)}


def _body(dialect: Dialect, row: Row, given: tuple[Field, ...]) -> Json:
    schema = row.doc.body or object_schema(given)
    example = {} if row.doc.asks is None else {"example": row.doc.asks}
    content = {media: {"schema": schema, **example} for media in row.doc.media or dialect.media}
    return {"content": content, "required": any(field.required for field in given)}


def _security(dialect: Dialect, row: Row) -> list[dict[str, list[str]]]:
    if row.open:
        return []
    if row.doc.access is not None:
        return [{_scheme(dialect, name): [] for name in row.doc.access}] if row.doc.access else []
    return [{_scheme(dialect, name): []} for name in dialect.schemes]


def _scheme(dialect: Dialect, name: str) -> str:
    return f"{dialect.name}.{name}"
