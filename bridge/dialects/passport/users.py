"""passport's users, who are its administrators."""

import re
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bridge.dialect import Doc, Failure, Rejected, Request, Row
from bridge.dialects.passport.words import (
    BAD_STATUS,
    ID,
    LINE,
    MOMENT,
    NAME,
    NOBODY,
    PAGE,
    STATUS,
    WHOLE,
    known,
    optional,
    page,
    pages_of,
    required,
    times,
)
from bridge.fields import Values, fits, integer, longest, printable, shortest, text
from bridge.schema import FLAG, INTEGER, TEXT, exactly, many
from contracts.types import is_email
from contracts.users import UserPage, UserView

ROLES = 1000
USER_UNKNOWN = Failure(200, "管理员不存在！", 3000201)

PERSON = (
    required("name", NAME),
    required("email", text(printable, fits(is_email, format="email"), longest(50))),
    required("mobile", text(printable, longest(20))),
    required("position", NAME),
)
PASSWORD = text(printable, shortest(6), longest(32), trim=False)
CREATE = (*PERSON, required("password", PASSWORD), optional("role_id", LINE))
UPDATE = (ID, *PERSON, optional("password", PASSWORD), optional("role_id", LINE))
SEARCH = (
    PAGE,
    optional("size", integer(1, 20, bits=32, decimal=True)),
    optional("id", WHOLE),
    optional("name", LINE, to="display_name"),
    optional("email", LINE),
    optional("mobile", LINE, to="contact"),
    optional("position", LINE),
)
FILTERS = ("id", "display_name", "email", "contact", "position")
ORDER = [
    {"field": "root", "direction": "desc"},
    {"field": "sort"},
    {"field": "created_at", "direction": "desc"},
    {"field": "id", "direction": "desc"},
]


def whole_user(request: Request) -> Values:
    """All fields of a user, the roles as ids; a user number that nobody can have is nobody."""
    values = {key: value for key, value in request.values.items() if key != "role_id"}
    roles = {"role_ids": _role_ids(request.values["role_id"])} if "role_id" in request.values else {}
    return known(values, USER_UNKNOWN) | roles | {"password_rules": "dialect"}


def by_id(request: Request) -> Values:
    """The live user with this number, with its roles."""
    return known(request.values, USER_UNKNOWN) | {"with_roles": True}


async def change_status(request: Request) -> UserView:
    """Delete or restore; another status is a fault only of a user who exists."""
    values = known(request.values, USER_UNKNOWN)
    if values.get("status") in (None, 1, -1):
        view: UserView = await request.send("user.set_status", values)
        return view
    await request.send("user.get", {"id": values["id"], "include_deleted": True})
    raise Rejected(BAD_STATUS)


def equal_to(request: Request) -> Values:
    """A page of the live users whose fields equal what is given, letter by letter but for the e-mail."""
    given = [(key, request.values[key]) for key in FILTERS if key in request.values]
    conditions = [{"field": key, "value": value, "fold": key == "email"} for key, value in given]
    paging: Values = {key: request.values[key] for key in ("page", "size") if key in request.values}
    return {"filter": conditions, "sort": ORDER, "with_roles": True} | paging


def found(zone: ZoneInfo, view: UserView) -> dict[str, Any]:
    """A user as find answers it."""
    state = {"status": view.status, "root": view.root, "sort": view.sort}
    return _person(view) | state | times(zone, view.updated_at, view.created_at) | _roles(view)


def listed(zone: ZoneInfo, view: UserPage) -> dict[str, Any]:
    """A page as search answers it; its rows have no status."""
    return page(view, [_row(zone, user) for user in view.items])


def rows(zone: ZoneInfo) -> tuple[Row, ...]:
    """The users' routes; times are printed in the zone."""
    at = "/v1/user/"
    return (
        Row("POST", at + "create", "user.create", CREATE, read=whole_user, write=lambda user: user.id, doc=_CREATE),
        Row("POST", at + "update", "user.update", UPDATE, read=whole_user, write=lambda _: True, doc=_UPDATE),
        Row("POST", at + "update_field", "user.set_status", (ID, STATUS), call=change_status, write=lambda _: 1,
            doc=_STATUS),
        Row("GET", at + "find", "user.get", (ID,), read=by_id, write=partial(found, zone), doc=_FIND),
        Row("GET", at + "search", "user.search", SEARCH, read=equal_to, write=partial(listed, zone), doc=_SEARCH),
    )  # fmt: skip


def _role_ids(listed: str) -> list[int]:
    parts = dict.fromkeys(part.strip() for part in listed.removesuffix(",").split(","))
    ids = list(dict.fromkeys(_role_id(part) for part in parts))
    return ids if len(ids) <= ROLES else [NOBODY]


def _role_id(part: str) -> int:
    return int(part) if re.fullmatch(r"0*[1-9][0-9]{0,14}", part) else NOBODY


def _person(view: UserView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name or view.username or "",
        "email": view.email or "",
        "mobile": view.mobile or view.telephone or "",
        "position": view.position or "",
    }


def _row(zone: ZoneInfo, view: UserView) -> dict[str, Any]:
    moments = times(zone, view.updated_at, view.created_at)
    return _person(view) | moments | {"sort": view.sort, "root": view.root} | _roles(view)


def _roles(view: UserView) -> dict[str, Any]:
    roles = view.roles or ()
    rows = [{"user_id": view.id, "role_id": role.id, "name": role.name, "admin": role.admin} for role in roles]
    return {"role_list": rows}


_ROLE = exactly(user_id=INTEGER, role_id=INTEGER, name=TEXT, admin=FLAG)
_SHOWN = {
    "id": INTEGER, "name": TEXT, "email": TEXT, "mobile": TEXT, "position": TEXT, "mtime": MOMENT, "ctime": MOMENT,
    "sort": INTEGER, "root": FLAG, "role_list": many(_ROLE),
}  # fmt: skip
_EXAMPLE = {
    "id": 1, "name": "admin", "email": "admin@gmail.com", "mobile": "18311413962", "position": "技术负责人",
    "mtime": "2020-09-06 12:54:51", "ctime": "2020-08-27 17:08:08", "sort": 1, "root": 1,
    "role_list": [{"user_id": 1, "role_id": 1, "name": "超级管理员", "admin": 1}],
}  # fmt: skip
_ASKED = {
    "name": "test", "email": "test@qq.com", "mobile": "18888888888", "position": "测试工程师", "password": "secret-6",
    "role_id": "1,2",
}  # fmt: skip
_TAKEN = ("user.username_taken", "role.not_found")
_CREATE = Doc(does="Create a user; its new id", shows=INTEGER, example=2, asks=_ASKED, raises=_TAKEN)
_UPDATE = Doc(
    does="Update a user, its roles included", shows={"const": True}, example=True, asks=_ASKED | {"id": 2},
    raises=("user.not_found", *_TAKEN),
)  # fmt: skip
_STATUS = Doc(
    does="Delete (-1) or restore (1) a user", shows={"const": 1}, example=1, asks={"id": 2, "status": -1},
    raises=("user.not_found", "user.root_protected", "user.username_taken"), rejects=(BAD_STATUS,),
)  # fmt: skip
_FIND = Doc(
    does="One live user with its roles", shows=exactly(**_SHOWN, status={"const": 1}), example=_EXAMPLE | {"status": 1},
    asks={"id": 1}, raises=("user.not_found",),
)  # fmt: skip
_SEARCH = Doc(
    does="Live users, page by page", shows=pages_of(exactly(**_SHOWN)),
    example={"p": 1, "size": 20, "total": 1, "next": 0, "list": [_EXAMPLE]}, asks={"p": 1, "size": 20},
)  # fmt: skip
