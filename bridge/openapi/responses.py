"""The responses of an endpoint for OpenAPI: its success and every failure that it can end with, by HTTP status."""

from collections.abc import Iterable
from typing import Any

from bridge.rest.dialect import Dialect, Endpoint, Failure, StandardCase
from bridge.rest.fields import FieldError, Violation
from bridge.rest.schema import EmbeddedSchema, body_schema, union
from contracts.catalog import CATALOG

Json = dict[str, Any]

JSON = "application/json"
VARIABLE = "<"
VIOLATIONS = (Violation.MISSING, Violation.NOT_TEXT, Violation.BLANK, Violation.LONG, Violation.FORMAT)
EVERYWHERE = (StandardCase.TOO_LARGE, StandardCase.UNAVAILABLE, StandardCase.TIMEOUT, StandardCase.INTERNAL)
WITH_FIELDS = (StandardCase.UNPARSABLE, StandardCase.WRONG_KIND, StandardCase.INVALID)
DESCRIPTIONS = {
    200: "Success", 201: "Created", 400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found",
    409: "Conflict", 413: "Body too large", 417: "Expectation failed", 423: "Locked", 500: "Internal error",
    503: "Unavailable", 504: "Timeout",
}  # fmt: skip


def responses(dialect: Dialect, endpoint: Endpoint) -> dict[str, Json]:
    """The responses of an endpoint by status."""
    possible = failures(dialect, endpoint)
    statuses = sorted({endpoint.doc.success_status, *(failure.status for failure in possible)})
    return {
        str(status): _response(dialect, endpoint, status, [failure for failure in possible if failure.status == status])
        for status in statuses
    }


def failures(dialect: Dialect, endpoint: Endpoint) -> list[Failure]:
    """Every failure that an endpoint can end with, each once."""
    possible = (failure.render("<reason>", {}) for failure in _possible_failures(dialect, endpoint))
    return list({(failure.status, failure.code, failure.text): failure for failure in possible}.values())


def _possible_failures(dialect: Dialect, endpoint: Endpoint) -> Iterable[Failure]:
    doc = endpoint.doc
    cases = [
        *EVERYWHERE,
        *(WITH_FIELDS if endpoint.fields else ()),
        *((StandardCase.CROSS_SITE,) if dialect.cookie else ()),
        *(() if endpoint.public or doc.security == () else (StandardCase.UNAUTHENTICATED,)),
    ]
    yield from (dialect.failures[case] for case in cases if case in dialect.failures)
    if endpoint.fields:
        yield from (dialect.field_failure(FieldError(violation, 0, "<field>")) for violation in VIOLATIONS)
    elif CATALOG[endpoint.request_name].is_command:
        yield dialect.failures[StandardCase.INVALID]
    yield from doc.own_failures
    yield from (endpoint.refusals.get(code) or dialect.refusals[code] for code in doc.problem_codes)


def _response(dialect: Dialect, endpoint: Endpoint, status: int, possible: list[Failure]) -> Json:
    doc = endpoint.doc
    bodies = [dialect.error_body(failure) for failure in possible]
    schemas = [union(bodies, VARIABLE)] if bodies else []
    examples = {
        f"failure{n}": {"summary": failure.text, "value": body}
        for n, (failure, body) in enumerate(zip(possible, bodies, strict=True), 1)
    }
    content: Json = {}
    if status == doc.success_status and doc.response_media_type == JSON:
        schemas.insert(0, _success_schema(dialect, endpoint))
        examples = {"success": {"value": _success_body(dialect, endpoint, doc.response_example)}} | examples
    elif status == doc.success_status and doc.response_media_type:
        content[doc.response_media_type] = {"schema": doc.response_schema, "example": doc.response_example}
    if schemas:
        content[JSON] = {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}, "examples": examples}
    return {"description": DESCRIPTIONS[status]} | ({"content": content} if content else {})


def _success_schema(dialect: Dialect, endpoint: Endpoint) -> Json:
    return body_schema(_success_body(dialect, endpoint, EmbeddedSchema(endpoint.doc.response_schema)))


def _success_body(dialect: Dialect, endpoint: Endpoint, data: Any) -> Any:
    return data if endpoint.doc.unwrapped else dialect.success_body(data)
