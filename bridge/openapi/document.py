"""OpenAPI 3.1 documents of the dialects, generated from their tables."""

import re
from collections.abc import Iterable
from inspect import cleandoc

from bridge.openapi.responses import Json, responses
from bridge.rest.dialect import Dialect, Endpoint
from bridge.rest.fields import InputField, object_schema, schema_of
from contracts.catalog import CATALOG

DESCRIPTION = (
    "One user store behind five documented interfaces, and [a bus](/docs/bus). HEAD and OPTIONS are served for every "
    "path. `X-Request-Id` is returned as it was sent; `traceparent` and `tracestate` are passed on to the bus. "
    "Bodies are limited to 1 MiB."
)
IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A command repeated by the same caller with the same key runs once; another body is refused.",
    "schema": {"type": "string", "maxLength": 255},
}
CONTACT: Json = {"name": "The maintainers of userbus"}
LICENSE: Json = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
SERVERS: list[Json] = [{"url": "/", "description": "The bridge that serves this document."}]
# By the name of a parameter in the path or in the query, where its schema says no more.
PARAMETERS = {
    "admin": "Only those that are protected (1) or not (0).",
    "email": "The e-mail address, whole.",
    "id": "The number of what is asked for.",
    "mobile": "The mobile number, whole.",
    "name": "The name, whole.",
    "p": "The number of the page, from 1.",
    "position": "The position, whole.",
    "size": "How many items a page has.",
    "username": "The username.",
}


def document(dialects: Iterable[Dialect], title: str, version: str) -> Json:
    """One OpenAPI document for these dialects."""
    known = list(dialects)
    paths: dict[str, Json] = {}
    for dialect in known:
        for endpoint in dialect.endpoints:
            paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation(dialect, endpoint)
    schemes = {
        _scheme_name(dialect, name): dict(scheme)
        for dialect in known
        for name, scheme in dialect.security_schemes.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": DESCRIPTION,
            "contact": CONTACT,
            "license": LICENSE,
        },
        "servers": SERVERS,
        "tags": [{"name": dialect.name, "description": dialect.title} for dialect in known],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def operation(dialect: Dialect, endpoint: Endpoint) -> Json:
    """The Operation Object of an endpoint."""
    names = re.findall(r"{(\w+)}", endpoint.path)
    fields = tuple(field for field in endpoint.fields if field.key not in names)
    in_query = endpoint.method == "GET"
    parameters = [
        *(_path_parameter(endpoint, name) for name in names),
        *(_query_parameter(field) for field in fields if in_query),
        *([IDEMPOTENCY_KEY] if CATALOG[endpoint.request_name].is_command else []),
    ]
    return {
        "operationId": re.sub(r"\W+", "_", f"{dialect.name} {endpoint.method.lower()} {endpoint.path}").strip("_"),
        "summary": endpoint.doc.summary,
        "description": _description(endpoint),
        "tags": [dialect.name],
        "parameters": parameters,
        **({"requestBody": _request_body(dialect, endpoint, fields)} if fields and not in_query else {}),
        "responses": responses(dialect, endpoint),
        "security": _security(dialect, endpoint),
    }


def _path_parameter(endpoint: Endpoint, name: str) -> Json:
    checks = {field.key: field.check for field in endpoint.fields}
    schema = schema_of(checks[name]) if name in checks else {"type": "string", "minLength": 1}
    return _parameter(name, "path", schema, required=True)


def _query_parameter(field: InputField) -> Json:
    return _parameter(field.key, "query", schema_of(field.check), required=field.required)


def _parameter(name: str, place: str, schema: Json, *, required: bool) -> Json:
    description = schema.get("description") or PARAMETERS[name]
    return {"name": name, "in": place, "description": description, "required": required, "schema": schema}


def _description(endpoint: Endpoint) -> str:
    kind = "command" if CATALOG[endpoint.request_name].is_command else "query"
    text = cleandoc(CATALOG[endpoint.request_name].message.__doc__ or "")
    return f"Served by the {kind} `{endpoint.request_name}` of the bus, which is documented there as:\n\n{text}"


def _request_body(dialect: Dialect, endpoint: Endpoint, fields: tuple[InputField, ...]) -> Json:
    doc = endpoint.doc
    media_type = {"schema": doc.request_schema or object_schema(fields)}
    if doc.request_example is not None:
        media_type["example"] = doc.request_example
    content = dict.fromkeys(doc.request_media_types or dialect.request_media_types, media_type)
    return {"content": content, "required": any(field.required for field in fields)}


def _security(dialect: Dialect, endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.public or endpoint.doc.security == ():
        return []
    if endpoint.doc.security:
        return [{_scheme_name(dialect, name): [] for name in endpoint.doc.security}]
    return [{_scheme_name(dialect, name): []} for name in dialect.security_schemes]


def _scheme_name(dialect: Dialect, name: str) -> str:
    return f"{dialect.name}.{name}"
