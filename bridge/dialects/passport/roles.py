"""passport's roles; permissions and menus are not kept here, so that naming one is refused."""

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
    ROLE_PROTECTED,
    ROLE_UNKNOWN,
    STATUS,
    WHOLE,
    known,
    optional,
    page,
    pages_of,
    required,
    times,
)
from bridge.fields import Values, integer
from bridge.schema import EMPTY, FLAG, INTEGER, TEXT, exactly
from bridge.wire import Refused
from contracts.roles import RolePage, RoleView

NO_PERMISSION = Failure(200, "权限不存在！", 3000101)
NO_MENU = Failure(200, "角色不存在！", 3000301)

CREATE = (
    required("name", NAME),
    optional("sort", integer(1, 999, bits=32, decimal=True)),
    optional("permission_id", LINE),
    optional("menu_id", LINE),
)
SEARCH = (
    PAGE,
    optional("size", integer(1, 1000, bits=32, decimal=True)),
    optional("id", WHOLE),
    optional("name", LINE),
    optional("admin", WHOLE),
)
ORDER = [{"field": "admin", "direction": "desc"}, {"field": "sort"}, {"field": "id"}]


async def save(name: str, request: Request) -> RoleView:
    """Create or update; a permission or a menu is refused after all else.

    With one of them the role is asked for in an app that nobody can have, which the worker checks last.
    """
    values = known(request.values, ROLE_UNKNOWN) | {"unique_name": True}
    missing = [failure for key, failure in ABSENT if values.pop(key, None)]
    try:
        view: RoleView = await request.send(name, values | ({"app_id": NOBODY} if missing else {}))
    except Refused as refusal:
        if missing and refusal.problem.code == "app.not_found":
            raise Rejected(missing[0]) from refusal
        raise
    return view


async def change_status(request: Request) -> RoleView:
    """Delete or restore; another status is a fault only of a role that exists and may be changed."""
    values = known(request.values, ROLE_UNKNOWN)
    if values.get("status") in (None, 1, -1):
        view: RoleView = await request.send("role.set_status", values | {"unique_name": True})
        return view
    role = await request.send("role.get", {"id": values["id"], "include_deleted": True})
    raise Rejected(ROLE_PROTECTED if role.admin else BAD_STATUS)


def by_id(request: Request) -> Values:
    """The live role with this number."""
    return known(request.values, ROLE_UNKNOWN)


def equal_to(request: Request) -> Values:
    """A page of the live roles whose fields equal what is given, letter by letter."""
    given = [(key, request.values[key]) for key in ("id", "name", "admin") if key in request.values]
    conditions = [{"field": key, "value": value, "fold": False} for key, value in given]
    paging: Values = {key: request.values[key] for key in ("page", "size") if key in request.values}
    return {"filter": conditions, "sort": ORDER} | paging


def found(zone: ZoneInfo, view: RoleView) -> dict[str, Any]:
    """A role; it has neither permissions nor menus here."""
    role = {"id": view.id, "name": view.name, "admin": view.admin, "status": view.status, "sort": view.sort}
    return role | times(zone, view.updated_at, view.created_at) | {"permission_list": [], "menu_list": []}


def listed(zone: ZoneInfo, view: RolePage) -> dict[str, Any]:
    """A page as search answers it."""
    return page(view, [found(zone, role) for role in view.items])


def rows(zone: ZoneInfo) -> tuple[Row, ...]:
    """The roles' routes; times are printed in the zone."""
    at, create, update = "/v1/role/", partial(save, "role.create"), partial(save, "role.update")
    return (
        Row("POST", at + "create", "role.create", CREATE, call=create, write=lambda role: role.id, doc=_CREATE),
        Row("POST", at + "update", "role.update", (ID, *CREATE), call=update, write=lambda _: True, doc=_UPDATE),
        Row("POST", at + "update_field", "role.set_status", (ID, STATUS), call=change_status, write=lambda _: 1,
            doc=_STATUS),
        Row("GET", at + "find", "role.get", (ID,), read=by_id, write=partial(found, zone), doc=_FIND),
        Row("GET", at + "search", "role.search", SEARCH, read=equal_to, write=partial(listed, zone), doc=_SEARCH),
    )  # fmt: skip


ABSENT = (("permission_id", NO_PERMISSION), ("menu_id", NO_MENU))

_SHOWN = exactly(
    id=INTEGER, name=TEXT, admin=FLAG, status={"const": 1}, sort=INTEGER, mtime=MOMENT, ctime=MOMENT,
    permission_list=EMPTY, menu_list=EMPTY,
)  # fmt: skip
_EXAMPLE = {
    "id": 3, "name": "editor", "admin": 0, "status": 1, "sort": 99, "mtime": "2020-09-06 12:54:51",
    "ctime": "2020-08-27 17:08:08", "permission_list": [], "menu_list": [],
}  # fmt: skip
_TWO = (NO_PERMISSION, NO_MENU)
_CREATE = Doc(
    does="Create a role; its new id", shows=INTEGER, example=3, asks={"name": "editor", "sort": 99},
    raises=("role.name_taken",), rejects=_TWO,
)  # fmt: skip
_UPDATE = Doc(
    does="Rename a role, or sort it elsewhere", shows={"const": True}, example=True,
    asks={"id": 3, "name": "editor", "sort": 1}, raises=("role.not_found", "role.admin_protected", "role.name_taken"),
    rejects=_TWO,
)  # fmt: skip
_STATUS = Doc(
    does="Delete (-1) or restore (1) a role", shows={"const": 1}, example=1, asks={"id": 3, "status": -1},
    raises=("role.not_found", "role.admin_protected", "role.name_taken"), rejects=(BAD_STATUS,),
)  # fmt: skip
_FIND = Doc(does="One live role", shows=_SHOWN, example=_EXAMPLE, asks={"id": 3}, raises=("role.not_found",))
_SEARCH = Doc(
    does="Live roles, page by page", shows=pages_of(_SHOWN), asks={"p": 1, "size": 20},
    example={"p": 1, "size": 20, "total": 1, "next": 0, "list": [_EXAMPLE]},
)  # fmt: skip
