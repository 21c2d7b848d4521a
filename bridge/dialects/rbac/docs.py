"""What OpenAPI needs to know about the endpoints: schemas, examples, problem codes."""

from typing import Any

from bridge.rest.dialect import Doc, Failure
from bridge.rest.fields import Schema
from bridge.rest.schema import INTEGER, TEXT, array_of, closed_object, constant

TIME: Schema = {"type": "string", "format": "date-time"}
TIMES = {"create_time": TIME, "update_time": TIME}
APP = closed_object(id=INTEGER, code=TEXT, name=TEXT, **TIMES)
GROUP = closed_object(id=INTEGER, app_id=INTEGER, code=TEXT, name=TEXT, **TIMES)
SCHEMAS = {
    "user": closed_object(id=INTEGER, email=TEXT, name=TEXT, **TIMES),
    "app": APP,
    "group": GROUP,
    "role": GROUP,
    "resource": closed_object(id=INTEGER, app_id=INTEGER, code=TEXT, resource_type_id=INTEGER, detail=TEXT, **TIMES),
    "resource_type": APP,
}
PAGINATION = closed_object(
    total=INTEGER, totalPage=INTEGER, pageNo=INTEGER, pageSize=INTEGER, orderBy=array_of(TEXT),
    order=array_of({"type": "string", "enum": ["ASC", "DESC"]}),
)  # fmt: skip
ONE: Schema = array_of(constant(1)) | {"minItems": 1, "maxItems": 1}
LINKED = closed_object(status=constant("200"), message=constant("success"))

FIELDS: dict[str, dict[str, Any]] = {
    "user": {"email": "felixpy.1993@gmail.com", "name": "Felix Yang"},
    "app": {"code": "BOOK", "name": "Book"},
    "group": {"app_id": 1, "code": "BOOK_SUPER_GROUP", "name": "Book Super Group"},
    "role": {"app_id": 1, "code": "BOOK_ADMIN", "name": "Book Admin"},
    "resource": {"app_id": 1, "code": "/book", "resource_type_id": 1, "detail": "Book List"},
    "resource_type": {"code": "URI", "name": "HTTP URI"},
}
TIMES_EXAMPLE = {"create_time": "2018-12-08T11:19:53.000Z", "update_time": "2018-12-08T11:20:01.000Z"}
PAGINATION_EXAMPLE = {
    "total": 1, "totalPage": 1, "pageNo": 1, "pageSize": 10, "orderBy": ["id"], "order": ["ASC"],
}  # fmt: skip

CONFLICTS = {
    "user": ("user.email_taken",),
    "app": ("app.code_taken",),
    "group": ("app.not_found", "group.code_taken"),
    "role": ("app.not_found", "role.code_taken"),
    "resource": ("app.not_found", "resource_type.not_found", "resource.code_taken"),
    "resource_type": ("resource_type.code_taken",),
}
DELETE_CONFLICTS = {
    "user": ("user.root_protected",), "role": ("role.admin_protected",), "app": ("role.admin_protected",),
}  # fmt: skip


def list_doc(noun: str) -> Doc:
    """A list with its pagination."""
    return Doc(summary=f"List {_plural(noun)}, page by page", **_page(noun))


def create_doc(noun: str) -> Doc:
    """Create an entity."""
    return Doc(
        summary=f"Create {_noun_phrase(noun)}", request_example=FIELDS[noun], response_schema=SCHEMAS[noun],
        response_example=_example(noun), problem_codes=CONFLICTS[noun],
    )  # fmt: skip


def create_with_id_doc(noun: str) -> Doc:
    """Create an entity with an id that the client chooses."""
    return Doc(
        summary=f"Create {_noun_phrase(noun)} with this id", request_example=FIELDS[noun],
        response_schema=SCHEMAS[noun], response_example=_example(noun),
        problem_codes=(*CONFLICTS[noun], f"{noun}.id_taken"),
    )  # fmt: skip


def read_doc(noun: str) -> Doc:
    """Read an entity; a user is a list of one."""
    response = {"response_schema": SCHEMAS[noun], "response_example": _example(noun)}
    return Doc(
        summary=f"Read {_noun_phrase(noun)}", problem_codes=(f"{noun}.not_found",),
        **(_page(noun) if noun == "user" else response),
    )  # fmt: skip


def update_doc(noun: str) -> Doc:
    """Change an entity."""
    protected = ("role.admin_protected",) if noun == "role" else ()
    return Doc(
        summary=f"Change {_noun_phrase(noun)}", request_example=FIELDS[noun], response_schema=ONE,
        response_example=[1], problem_codes=(f"{noun}.not_found", *protected, *CONFLICTS[noun]),
    )  # fmt: skip


def delete_doc(noun: str, missing: Failure) -> Doc:
    """Delete an entity."""
    return Doc(
        summary=f"Delete {_noun_phrase(noun)} with all its links", response_schema=ONE, response_example=[1],
        problem_codes=DELETE_CONFLICTS.get(noun, ()), own_failures=(missing,),
    )  # fmt: skip


def related_doc(start: str, end: str) -> Doc:
    """List what belongs to an entity."""
    return Doc(
        summary=f"List the {_plural(end)} of {_noun_phrase(start)}", response_schema=array_of(SCHEMAS[end]),
        response_example=[_example(end)], problem_codes=(f"{start}.not_found",),
    )  # fmt: skip


def link_doc(start: str, end: str) -> Doc:
    """Add links; administrator roles are given by no client of rbac, not through groups either."""
    protected = ("role.admin_protected",) if end == "role" or start == "user" else ()
    return Doc(
        summary=f"Give {_plural(end)} to {_noun_phrase(start)}",
        problem_codes=(f"{start}.not_found", f"{end}.not_found", *protected),
        **_links(),
    )


def unlink_doc(start: str, end: str) -> Doc:
    """Remove links."""
    return Doc(
        summary=f"Take {_plural(end)} from {_noun_phrase(start)}, all of them if none is named",
        problem_codes=(f"{start}.not_found",),
        **_links(),
    )


def _page(noun: str) -> dict[str, Any]:
    return {
        "response_schema": closed_object(list=array_of(SCHEMAS[noun]), pagination=PAGINATION),
        "response_example": {"list": [_example(noun)], "pagination": PAGINATION_EXAMPLE},
    }


def _links() -> dict[str, Any]:
    numbers: Schema = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 1000}
    texts: Schema = {"type": "string", "description": "ids separated by commas"}
    with_key = {"type": "object", "properties": {"ids": {"oneOf": [numbers, texts]}}}
    return {
        "request_schema": {"oneOf": [with_key, numbers, texts]},
        "request_example": {"ids": [1, 2]},
        "response_schema": LINKED,
        "response_example": {"status": "200", "message": "success"},
        "unwrapped": True,
    }


def _example(noun: str) -> dict[str, Any]:
    return {"id": 1, **FIELDS[noun], **TIMES_EXAMPLE}


def _noun_phrase(noun: str) -> str:
    text = noun.replace("_", " ")
    return f"an {text}" if text[0] == "a" else f"a {text}"


def _plural(noun: str) -> str:
    return noun.replace("_", " ") + "s"
