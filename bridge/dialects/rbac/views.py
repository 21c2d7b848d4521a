"""The objects that the dialect shows (REST contract section 3.1): keys in this order, times in UTC."""

from typing import Any

from bridge.dialects.rbac.filters import Columns, line, moment, number
from contracts.apps import AppView
from contracts.groups import GroupView
from contracts.resource_types import ResourceTypeView
from contracts.resources import ResourceView
from contracts.roles import RoleView
from contracts.types import timestamp
from contracts.users import UserView

Shown = dict[str, Any]


def user(view: UserView) -> Shown:
    """A user; what it has not is an empty text."""
    return {"id": view.id, "email": view.email or "", "name": view.name or view.username or ""} | _times(view)


def app(view: AppView | ResourceTypeView) -> Shown:
    """An app or a resource type."""
    return {"id": view.id, "code": view.code, "name": view.name} | _times(view)


def group(view: GroupView | RoleView) -> Shown:
    """A group or a role."""
    return {"id": view.id, "app_id": view.app_id, "code": view.code, "name": view.name} | _times(view)


def resource(view: ResourceView) -> Shown:
    """A resource."""
    between = {"app_id": view.app_id, "code": view.code, "resource_type_id": view.resource_type_id}
    return {"id": view.id} | between | {"detail": view.detail} | _times(view)


def _times(view: UserView | AppView | ResourceTypeView | GroupView | RoleView | ResourceView) -> Shown:
    return {"create_time": timestamp(view.created_at), "update_time": timestamp(view.updated_at)}


TIMES: Columns = {"create_time": moment("created_at"), "update_time": moment("updated_at")}
USER: Columns = {"id": number("id"), "email": line("display_email"), "name": line("display_name"), **TIMES}
APP: Columns = {"id": number("id"), "code": line("code"), "name": line("name"), **TIMES}
GROUP: Columns = {"app_id": number("app_id"), **APP}
RESOURCE: Columns = {
    "id": number("id"),
    "app_id": number("app_id"),
    "code": line("code"),
    "resource_type_id": number("resource_type_id"),
    "detail": line("detail"),
    **TIMES,
}
