"""Roles of passport; permissions and menus are not stored, so that naming one is refused."""

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
    ROLE_PROTECTED,
    ROLE_UNKNOWN,
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
from bridge.rest.checks import integer
from bridge.rest.dialect import CheckedRequest, DialectError, Doc, Endpoint, Failure
from bridge.rest.fields import Values
from bridge.rest.schema import EMPTY_LIST, FLAG, INTEGER, TEXT, TRUE, closed_object, constant
from client.errors import BusError
from contracts.roles import RolePage, RoleView

NO_PERMISSION = Failure(200, "权限不存在！", 3000101)
NO_MENU = Failure(200, "角色不存在！", 3000301)
NOT_STORED = (("permission_id", NO_PERMISSION), ("menu_id", NO_MENU))

CREATE = (
    required_field("name", NAME),
    optional_field("sort", integer(1, 999, bits=32, decimal=True)),
    optional_field("permission_id", LINE),
    optional_field("menu_id", LINE),
)
SEARCH = (
    PAGE,
    optional_field("size", integer(1, 1000, bits=32, decimal=True)),
    optional_field("id", INT32),
    optional_field("name", LINE),
    optional_field("admin", INT32),
)
FILTERS = ("id", "name", "admin")
SORT = [{"field": "admin", "direction": "desc"}, {"field": "sort"}, {"field": "id"}]


async def save(name: str, request: CheckedRequest) -> RoleView:
    """Create or update a role; a permission or a menu is refused after everything else.

    If one is given, the request names an app that does not exist, which the worker checks last.
    """
    values = require_possible_id(request.values, ROLE_UNKNOWN) | {"unique_name": True}
    unstored = [failure for key, failure in NOT_STORED if values.pop(key, None)]
    try:
        view: RoleView = await request.send(name, values | ({"app_id": UNUSED_ID} if unstored else {}))
    except BusError as error:
        if unstored and error.code == "app.not_found":
            raise DialectError(unstored[0]) from error
        raise
    return view


async def change_status(request: CheckedRequest) -> RoleView:
    """Delete or restore a role; another status is refused after an unknown or protected role."""
    values = require_possible_id(request.values, ROLE_UNKNOWN)
    if values.get("status") in (None, 1, -1):
        view: RoleView = await request.send("role.set_status", values | {"unique_name": True})
        return view
    stored = await request.send("role.get", {"id": values["id"], "include_deleted": True})
    raise DialectError(ROLE_PROTECTED if stored.admin else BAD_STATUS)


def role_query(request: CheckedRequest) -> Values:
    """The live role with this id."""
    return require_possible_id(request.values, ROLE_UNKNOWN)


def role(zone: ZoneInfo, view: RoleView) -> dict[str, Any]:
    """A role; its permissions and menus are always empty."""
    own = {"id": view.id, "name": view.name, "admin": view.admin, "status": view.status, "sort": view.sort}
    return own | times(zone, view.updated_at, view.created_at) | {"permission_list": [], "menu_list": []}


def role_page(zone: ZoneInfo, view: RolePage) -> dict[str, Any]:
    """A page of roles."""
    return page_body(view, [role(zone, item) for item in view.items])


def endpoints(zone: ZoneInfo) -> tuple[Endpoint, ...]:
    """The endpoints of roles; times are shown in the zone."""
    at, create, update = "/v1/role/", partial(save, "role.create"), partial(save, "role.update")
    search = partial(search_query, filters=FILTERS, sort=SORT)
    return (
        Endpoint("POST", at + "create", "role.create", CREATE, handle=create, write=lambda role: role.id, doc=_CREATE),
        Endpoint("POST", at + "update", "role.update", (ID, *CREATE), handle=update, write=lambda _: True,
                 doc=_UPDATE),
        Endpoint("POST", at + "update_field", "role.set_status", (ID, STATUS), handle=change_status,
                 write=lambda _: 1, doc=_STATUS),
        Endpoint("GET", at + "find", "role.get", (ID,), read=role_query, write=partial(role, zone), doc=_FIND),
        Endpoint("GET", at + "search", "role.search", SEARCH, read=search, write=partial(role_page, zone),
                 doc=_SEARCH),
    )  # fmt: skip


_SCHEMA = closed_object(
    id=INTEGER, name=TEXT, admin=FLAG, status=constant(1), sort=INTEGER, mtime=TIME_SCHEMA, ctime=TIME_SCHEMA,
    permission_list=EMPTY_LIST, menu_list=EMPTY_LIST,
)  # fmt: skip
_EXAMPLE = {
    "id": 3, "name": "editor", "admin": 0, "status": 1, "sort": 99, "mtime": "2020-09-06 12:54:51",
    "ctime": "2020-08-27 17:08:08", "permission_list": [], "menu_list": [],
}  # fmt: skip
_CREATE = Doc(
    summary="Create a role and return its id", request_example={"name": "editor", "sort": 99},
    response_schema=INTEGER, response_example=3, problem_codes=("role.name_taken",),
    own_failures=(NO_PERMISSION, NO_MENU),
)  # fmt: skip
_UPDATE = Doc(
    summary="Change the name or the sort order of a role", request_example={"id": 3, "name": "editor", "sort": 1},
    response_schema=TRUE, response_example=True,
    problem_codes=("role.not_found", "role.admin_protected", "role.name_taken"),
    own_failures=(NO_PERMISSION, NO_MENU),
)  # fmt: skip
_STATUS = Doc(
    summary="Delete (-1) or restore (1) a role", request_example={"id": 3, "status": -1},
    response_schema=constant(1), response_example=1,
    own_failures=(BAD_STATUS,),
    problem_codes=("role.not_found", "role.admin_protected", "role.name_taken", "role.code_taken"),
)  # fmt: skip
_FIND = Doc(
    summary="Read a live role", request_example={"id": 3}, response_schema=_SCHEMA, response_example=_EXAMPLE,
    problem_codes=("role.not_found",),
)  # fmt: skip
_SEARCH = Doc(
    summary="Search the live roles, page by page", request_example={"p": 1, "size": 20},
    response_schema=page_schema(_SCHEMA),
    response_example={"p": 1, "size": 20, "total": 1, "next": 0, "list": [_EXAMPLE]},
)  # fmt: skip
