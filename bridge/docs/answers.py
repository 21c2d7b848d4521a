"""The answers of a row as OpenAPI responses: its success, and every failure that it can end with, by HTTP status."""

from collections.abc import Iterable
from typing import Any

from bridge.dialect import Case, Dialect, Failure, Row
from bridge.fields import Fault, Kind
from bridge.schema import Shown, shaped, union
from contracts.catalog import CATALOG

Json = dict[str, Any]

JSON = "application/json"
VARIABLE = "<"
KINDS = (Kind.MISSING, Kind.NOT_TEXT, Kind.BLANK, Kind.LONG, Kind.FORMAT)
ALWAYS = (Case.TOO_LARGE, Case.UNAVAILABLE, Case.TIMEOUT, Case.INTERNAL)
GIVEN = (Case.UNPARSABLE, Case.WRONG_KIND, Case.INVALID)
PHRASES = {
    200: "Success", 201: "Created", 400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found",
    409: "Conflict", 413: "Body too large", 417: "Expectation failed", 423: "Locked", 500: "Internal error",
    503: "Unavailable", 504: "Timeout",
}  # fmt: skip


def responses(dialect: Dialect, row: Row) -> dict[str, Json]:
    """The responses of a row by status."""
    found = failures(dialect, row)
    statuses = sorted({row.doc.status, *(failure.status for failure in found)})
    return {
        str(status): _response(dialect, row, status, [failure for failure in found if failure.status == status])
        for status in statuses
    }


def failures(dialect: Dialect, row: Row) -> list[Failure]:
    """Every failure that a row can end with, each once."""
    found = (failure.because("<reason>", {}) for failure in _failures(dialect, row))
    return list({(failure.status, failure.code, failure.text): failure for failure in found}.values())


def _failures(dialect: Dialect, row: Row) -> Iterable[Failure]:
    cases = [
        *ALWAYS,
        *(GIVEN if row.fields else ()),
        *(() if row.open or row.doc.access == () else (Case.UNAUTHENTICATED,)),
    ]
    yield from (dialect.cases[case] for case in cases if case in dialect.cases)
    if row.fields:
        yield from (dialect.fault(Fault(kind, 0, "<field>")) for kind in KINDS)
    elif CATALOG[row.name].is_command:
        yield dialect.cases[Case.INVALID]
    yield from row.doc.rejects
    yield from (row.refusals.get(code) or dialect.refusals[code] for code in row.doc.raises)


def _response(dialect: Dialect, row: Row, status: int, found: list[Failure]) -> Json:
    bodies = [dialect.fail(failure) for failure in found]
    schemas = [union(bodies, VARIABLE)] if bodies else []
    examples = {
        f"failure{n}": {"summary": one.text, "value": body}
        for n, (one, body) in enumerate(zip(found, bodies, strict=True), 1)
    }
    content: Json = {}
    if status == row.doc.status and row.doc.answers not in ("", JSON):
        content[row.doc.answers] = {"schema": row.doc.shows, "example": row.doc.example}
    elif status == row.doc.status and row.doc.answers:
        schemas.insert(0, _success(dialect, row))
        examples = {"success": {"value": _wrapped(dialect, row, row.doc.example)}} | examples
    if schemas:
        content[JSON] = {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}, "examples": examples}
    return {"description": PHRASES[status]} | ({"content": content} if content else {})


def _success(dialect: Dialect, row: Row) -> Json:
    return shaped(_wrapped(dialect, row, Shown(row.doc.shows)))


def _wrapped(dialect: Dialect, row: Row, value: Any) -> Any:
    return value if row.doc.bare else dialect.succeed(value)
