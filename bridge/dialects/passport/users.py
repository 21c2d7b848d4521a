"""Users of passport, who are its administrators."""

import re
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bridge.dialects.passport.common import (
    BAD_STATUS,
    ID,
    INT32,
    LINE,
    NAME,
    PAGE,
    STATUS,
    TIME_SCHEMA,
    UNUSED_ID,
    optional_field,
    page_body,
    page_schema,
    require_possible_id,
    required_field,
    search_query,
    times,
)
from bridge.rest.checks import integer, max_length, min_length, predicate, require_printable, text
from bridge.rest.dialect import CheckedRequest, DialectError, Doc, Endpoint, Failure
from bridge.rest.fields import Values
from bridge.rest.schema import FLAG, INTEGER, TEXT, TRUE, array_of, closed_object, constant
from contracts.tokens import Holder
from contracts.types import is_email
from contracts.user_queries import UserPage
from contracts.user_views import UserView

MAX_ROLES = 1000
USER_UNKNOWN = Failure(200, "管理员不存在！", 3000201)
ROOT_UNTOUCHED = {"user.root_protected": Failure(200, "无任何权限！", 3000207)}

PERSON = (
    required_field("name", NAME),
    required_field("email", text(require_printable, predicate(is_email, format="email"), max_length(50))),
    required_field("mobile", text(require_printable, max_length(20))),
    required_field("position", NAME),
)
PASSWORD = text(require_printable, min_length(6), max_length(32), trim=False)
CREATE = (*PERSON, required_field("password", PASSWORD), optional_field("role_id", LINE))
UPDATE = (ID, *PERSON, optional_field("password", PASSWORD), optional_field("role_id", LINE))
SEARCH = (
    PAGE,
    optional_field("size", integer(1, 20, bits=32, decimal=True)),
    optional_field("id", INT32),
    optional_field("name", LINE, bus_name="display_name"),
    optional_field("email", LINE),
    optional_field("mobile", LINE, bus_name="contact"),
    optional_field("position", LINE),
)
FILTERS = ("id", "display_name", "email", "contact", "position")
SORT = [
    {"field": "root", "direction": "desc"},
    {"field": "sort"},
    {"field": "created_at", "direction": "desc"},
    {"field": "id", "direction": "desc"},
]


def user_command(request: CheckedRequest) -> Values:
    """All fields of a user, the roles as ids; an id that no user can have is unknown."""
    values = {key: value for key, value in request.values.items() if key != "role_id"}
    roles = {"role_ids": _role_ids(request.values["role_id"])} if "role_id" in request.values else {}
    return require_possible_id(values, USER_UNKNOWN) | roles | {"password_rules": "dialect"}


def update_command(request: CheckedRequest) -> Values:
    """The same of a user that is there; none but root users change a root user, and a deleted role is unknown."""
    return user_command(request) | _root_protection(request) | {"live_roles": True}


def user_query(request: CheckedRequest) -> Values:
    """The live user with this id, with its roles."""
    return require_possible_id(request.values, USER_UNKNOWN) | {"with_roles": True}


def users_query(request: CheckedRequest) -> Values:
    """A page of the live users that equal the given fields, with their roles."""
    return search_query(request, FILTERS, SORT, folded=("email",)) | {"with_roles": True}


async def change_status(request: CheckedRequest) -> UserView:
    """Delete or restore a user; another status is refused after an unknown user."""
    values = require_possible_id(request.values, USER_UNKNOWN)
    if values.get("status") in (None, 1, -1):
        view: UserView = await request.send("user.set_status", values | _root_protection(request))
        return view
    await request.send("user.get", {"id": values["id"], "include_deleted": True})
    raise DialectError(BAD_STATUS)


def user(zone: ZoneInfo, view: UserView) -> dict[str, Any]:
    """A user as find returns it."""
    state = {"status": view.status, "root": view.root, "sort": view.sort}
    return _person(view) | state | times(zone, view.updated_at, view.created_at) | _roles(view)


def user_page(zone: ZoneInfo, view: UserPage) -> dict[str, Any]:
    """A page of users, which have no status there."""
    return page_body(view, [_page_item(zone, item) for item in view.items])


def endpoints(zone: ZoneInfo) -> tuple[Endpoint, ...]:
    """The endpoints of users; times are shown in the zone."""
    at = "/v1/user/"
    return (
        Endpoint("POST", at + "create", "user.create", CREATE, read=user_command, write=lambda user: user.id,
                 doc=_CREATE),
        Endpoint("POST", at + "update", "user.update", UPDATE, read=update_command, write=lambda _: True,
                 refusals=ROOT_UNTOUCHED, doc=_UPDATE),
        Endpoint("POST", at + "update_field", "user.set_status", (ID, STATUS), handle=change_status,
                 write=lambda _: 1, doc=_STATUS),
        Endpoint("GET", at + "find", "user.get", (ID,), read=user_query, write=partial(user, zone), doc=_FIND),
        Endpoint("GET", at + "search", "user.search", SEARCH, read=users_query, write=partial(user_page, zone),
                 doc=_SEARCH),
    )  # fmt: skip


def _root_protection(request: CheckedRequest) -> Values:
    user = request.caller.details
    return {"protect_root": isinstance(user, Holder) and not user.root}


def _role_ids(listed: str) -> list[int]:
    parts = dict.fromkeys(part.strip() for part in listed.removesuffix(",").split(","))
    ids = list(dict.fromkeys(_role_id(part) for part in parts))
    return ids if len(ids) <= MAX_ROLES else [UNUSED_ID]


def _role_id(part: str) -> int:
    return int(part) if re.fullmatch(r"0*[1-9][0-9]{0,14}", part) else UNUSED_ID


def _person(view: UserView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name or view.username or "",
        "email": view.email or "",
        "mobile": view.mobile or view.telephone or "",
        "position": view.position or "",
    }


def _page_item(zone: ZoneInfo, view: UserView) -> dict[str, Any]:
    state = {"sort": view.sort, "root": view.root}
    return _person(view) | times(zone, view.updated_at, view.created_at) | state | _roles(view)


def _roles(view: UserView) -> dict[str, Any]:
    roles = view.roles or ()
    items = [{"user_id": view.id, "role_id": role.id, "name": role.name, "admin": role.admin} for role in roles]
    return {"role_list": items}


_ROLE = closed_object(user_id=INTEGER, role_id=INTEGER, name=TEXT, admin=FLAG)
_PROPERTIES = {
    "id": INTEGER, "name": TEXT, "email": TEXT, "mobile": TEXT, "position": TEXT, "mtime": TIME_SCHEMA,
    "ctime": TIME_SCHEMA, "sort": INTEGER, "root": FLAG, "role_list": array_of(_ROLE),
}  # fmt: skip
_EXAMPLE = {
    "id": 1, "name": "admin", "email": "admin@gmail.com", "mobile": "18311413962", "position": "技术负责人",
    "mtime": "2020-09-06 12:54:51", "ctime": "2020-08-27 17:08:08", "sort": 1, "root": 1,
    "role_list": [{"user_id": 1, "role_id": 1, "name": "超级管理员", "admin": 1}],
}  # fmt: skip
_COMMAND = {
    "name": "test", "email": "test@qq.com", "mobile": "18888888888", "position": "测试工程师", "password": "secret-6",
    "role_id": "1,2",
}  # fmt: skip
_CREATE = Doc(
    summary="Create a user and return its id", request_example=_COMMAND, response_schema=INTEGER, response_example=2,
    problem_codes=("user.username_taken", "role.not_found"),
)  # fmt: skip
_UPDATE = Doc(
    summary="Update a user and its roles", request_example=_COMMAND | {"id": 2}, response_schema=TRUE,
    response_example=True,
    problem_codes=("user.not_found", "user.root_protected", "user.username_taken", "role.not_found"),
)  # fmt: skip
_STATUS = Doc(
    summary="Delete (-1) or restore (1) a user", request_example={"id": 2, "status": -1},
    response_schema=constant(1), response_example=1,
    problem_codes=("user.not_found", "user.root_protected", "user.username_taken"), own_failures=(BAD_STATUS,),
)  # fmt: skip
_FIND = Doc(
    summary="Read a live user with its roles", request_example={"id": 1},
    response_schema=closed_object(**_PROPERTIES, status=constant(1)), response_example=_EXAMPLE | {"status": 1},
    problem_codes=("user.not_found",),
)  # fmt: skip
_SEARCH = Doc(
    summary="Search the live users, page by page", request_example={"p": 1, "size": 20},
    response_schema=page_schema(closed_object(**_PROPERTIES)),
    response_example={"p": 1, "size": 20, "total": 1, "next": 0, "list": [_EXAMPLE]},
)  # fmt: skip
