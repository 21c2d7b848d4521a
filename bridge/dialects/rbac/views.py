"""The entities in responses: keys in this order, times in UTC."""

from typing import Any

from bridge.dialects.rbac.filters import Columns, number_column, text_column, time_column
from contracts.apps import AppView
from contracts.groups import GroupView
from contracts.resource_types import ResourceTypeView
from contracts.resources import ResourceView
from contracts.roles import RoleView
from contracts.types import timestamp
from contracts.user_views import UserView


def user(view: UserView) -> dict[str, Any]:
    """A user; absent fields are empty texts."""
    return {"id": view.id, "email": view.email or "", "name": view.name or view.username or ""} | _times(view)


def app(view: AppView | ResourceTypeView) -> dict[str, Any]:
    """An app or a resource type."""
    return {"id": view.id, "code": view.code, "name": view.name} | _times(view)


def group(view: GroupView | RoleView) -> dict[str, Any]:
    """A group or a role."""
    return {"id": view.id, "app_id": view.app_id, "code": view.code, "name": view.name} | _times(view)


def resource(view: ResourceView) -> dict[str, Any]:
    """A resource."""
    owner = {"id": view.id, "app_id": view.app_id, "code": view.code}
    return owner | {"resource_type_id": view.resource_type_id, "detail": view.detail} | _times(view)


def _times(view: UserView | AppView | ResourceTypeView | GroupView | RoleView | ResourceView) -> dict[str, Any]:
    return {"create_time": timestamp(view.created_at), "update_time": timestamp(view.updated_at)}


TIMES: Columns = {"create_time": time_column("created_at"), "update_time": time_column("updated_at")}
USER: Columns = {
    "id": number_column("id"),
    "email": text_column("display_email"),
    "name": text_column("display_name"),
    **TIMES,
}
APP: Columns = {"id": number_column("id"), "code": text_column("code"), "name": text_column("name"), **TIMES}
GROUP: Columns = {"app_id": number_column("app_id"), **APP}
RESOURCE: Columns = {
    "id": number_column("id"),
    "app_id": number_column("app_id"),
    "code": text_column("code"),
    "resource_type_id": number_column("resource_type_id"),
    "detail": text_column("detail"),
    **TIMES,
}
