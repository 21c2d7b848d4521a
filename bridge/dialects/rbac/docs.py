"""What the documents say about the rows: shapes, examples, refusals."""

from typing import Any

from bridge.dialect import Doc, Failure
from bridge.fields import Schema
from bridge.schema import INTEGER, TEXT, exactly, many

MOMENT: Schema = {"type": "string", "format": "date-time"}
TIMES = {"create_time": MOMENT, "update_time": MOMENT}
APP = exactly(id=INTEGER, code=TEXT, name=TEXT, **TIMES)
GROUP = exactly(id=INTEGER, app_id=INTEGER, code=TEXT, name=TEXT, **TIMES)
SHAPES = {
    "user": exactly(id=INTEGER, email=TEXT, name=TEXT, **TIMES),
    "app": APP,
    "group": GROUP,
    "role": GROUP,
    "resource": exactly(id=INTEGER, app_id=INTEGER, code=TEXT, resource_type_id=INTEGER, detail=TEXT, **TIMES),
    "resource_type": APP,
}
PAGINATION = exactly(
    total=INTEGER, totalPage=INTEGER, pageNo=INTEGER, pageSize=INTEGER, orderBy=many(TEXT),
    order=many({"enum": ["ASC", "DESC"]}),
)  # fmt: skip
ONE: Schema = {"const": [1]}
LINKED = exactly(status={"const": "200"}, message={"const": "success"})

MADE = {"create_time": "2018-12-08T11:19:53.000Z", "update_time": "2018-12-08T11:20:01.000Z"}
ASKS: dict[str, dict[str, Any]] = {
    "user": {"email": "felixpy.1993@gmail.com", "name": "Felix Yang"},
    "app": {"code": "BOOK", "name": "Book"},
    "group": {"app_id": 1, "code": "BOOK_SUPER_GROUP", "name": "Book Super Group"},
    "role": {"app_id": 1, "code": "BOOK_ADMIN", "name": "Book Admin"},
    "resource": {"app_id": 1, "code": "/book", "resource_type_id": 1, "detail": "Book List"},
    "resource_type": {"code": "URI", "name": "HTTP URI"},
}
FIRST = {"total": 1, "totalPage": 1, "pageNo": 1, "pageSize": 10, "orderBy": ["id"], "order": ["ASC"]}

TAKEN = {"user": ("user.email_taken",)} | {
    noun: (*(("app.not_found",) if "app_id" in asks else ()), f"{noun}.code_taken")
    for noun, asks in ASKS.items()
    if noun != "user"
}
TAKEN["resource"] = ("app.not_found", "resource_type.not_found", "resource.code_taken")
PROTECTED = {
    "user": ("user.root_protected",), "role": ("role.admin_protected",), "app": ("role.admin_protected",),
}  # fmt: skip


def listed(noun: str) -> Doc:
    """A list with its pagination."""
    shows = exactly(list=many(SHAPES[noun]), pagination=PAGINATION)
    example = {"list": [_example(noun)], "pagination": FIRST}
    return Doc(does=f"List {_many(noun)}, page by page", shows=shows, example=example)


def created(noun: str, *, chosen: bool = False) -> Doc:
    """A new row, perhaps with an id of the caller's choice."""
    does, raises = f"Create {_one(noun)}", TAKEN[noun]
    if chosen:
        does, raises = f"{does} with this id", (*raises, f"{noun}.id_taken")
    return Doc(does=does, shows=SHAPES[noun], example=_example(noun), asks=ASKS[noun], raises=raises)


def one(noun: str) -> Doc:
    """One row; a user is a list of one."""
    alone = Doc(does=f"Read {_one(noun)}", shows=SHAPES[noun], example=_example(noun), raises=(f"{noun}.not_found",))
    if noun != "user":
        return alone
    shows = exactly(list=many(SHAPES[noun]), pagination=PAGINATION)
    example = {"list": [_example(noun)], "pagination": FIRST}
    return Doc(does=alone.does, shows=shows, example=example, raises=alone.raises)


def changed(noun: str) -> Doc:
    """A changed row."""
    protected = PROTECTED["role"] if noun == "role" else ()
    raises = (f"{noun}.not_found", *protected, *TAKEN[noun])
    return Doc(does=f"Change {_one(noun)}", shows=ONE, example=[1], asks=ASKS[noun], raises=raises)


def deleted(noun: str, missing: Failure) -> Doc:
    """A row that is gone, with its links."""
    does, raises = f"Delete {_one(noun)} with all its links", PROTECTED.get(noun, ())
    return Doc(does=does, shows=ONE, example=[1], raises=raises, rejects=(missing,))


def below(start: str, end: str) -> Doc:
    """What belongs to a row."""
    does, raises = f"The {_many(end)} of {_one(start)}", (f"{start}.not_found",)
    return Doc(does=does, shows=many(SHAPES[end]), example=[_example(end)], raises=raises)


def linked(start: str, end: str, *, removed: bool = False) -> Doc:
    """Links that are added, or removed."""
    what = f"Take {_many(end)} from {_one(start)}, all where none is named" if removed else ""
    numbers: Schema = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 1000}
    either: Schema = {"oneOf": [numbers, {"type": "string", "description": "ids with commas between them"}]}
    return Doc(
        does=what or f"Give {_many(end)} to {_one(start)}",
        shows=LINKED,
        example={"status": "200", "message": "success"},
        bare=True,
        asks={"ids": [1, 2]},
        body={"oneOf": [{"type": "object", "properties": {"ids": either}}, *either["oneOf"]]},
        raises=(f"{start}.not_found", *(() if removed else (f"{end}.not_found",))),
    )


def _example(noun: str) -> dict[str, Any]:
    return {"id": 1, **ASKS[noun], **MADE}


def _one(noun: str) -> str:
    text = noun.replace("_", " ")
    return f"an {text}" if text[0] == "a" else f"a {text}"


def _many(noun: str) -> str:
    return noun.replace("_", " ") + "s"
