"""The endpoints of rbac: the same for each entity and each pair of linked ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from bridge.dialects.rbac import docs, fields, views
from bridge.dialects.rbac.filters import Columns, conditions
from bridge.dialects.rbac.pages import Paging, first_page, requested_page
from bridge.dialects.rbac.parameters import link_parameters, list_parameters
from bridge.rest.checks import list_of
from bridge.rest.dialect import CheckedRequest, DialectError, Endpoint, Failure
from bridge.rest.fields import DescribedCheck, InputField, Schema, Values
from contracts.base import Deleted
from contracts.search import Page

NOT_FOUND = {
    noun: Failure(404, f"{noun.replace('_', ' ')} not found")
    for noun in ("user", "app", "group", "role", "resource", "resource_type")
}
PAGE_SCHEMA: Schema = {
    "type": "string",
    "description": 'JSON: {"pageNo":1,"pageSize":10,"orderBy":["name"],"order":["asc"]}',
}
FILTER_SCHEMA: Schema = {
    "type": "string",
    "description": 'JSON: {"name":"Felix"} or, with operators, {"LIKE_name":"Fel","IN_id":[1,2]}',
}
LINK_FIELDS = (fields.ID, InputField("ids", list_of(fields.NUMBER, 1000), required=False))


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of entity: its path, its noun on the bus, its input fields, its form in responses, its columns."""

    path: str
    noun: str
    fields: tuple[InputField, ...]
    write: Callable[[Any], dict[str, Any]]
    columns: Columns

    @property
    def item_path(self) -> str:
        """The path of one entity."""
        return self.path + "/{id}"


USER = Entity("/api/user", "user", fields.USER, views.user, views.USER)
APP = Entity("/api/app", "app", fields.APP, views.app, views.APP)
GROUP = Entity("/api/group", "group", fields.GROUP, views.group, views.GROUP)
ROLE = Entity("/api/role", "role", fields.GROUP, views.group, views.GROUP)
RESOURCE = Entity("/api/resource", "resource", fields.RESOURCE, views.resource, views.RESOURCE)
RESOURCE_TYPE = Entity("/api/resource-type", "resource_type", fields.APP, views.app, views.APP)


def crud_endpoints(entity: Entity) -> tuple[Endpoint, ...]:
    """List, create, read, update and delete."""
    noun, write = entity.noun, entity.write
    updates = (fields.ID, *fields.update_fields(entity.fields))
    write_one = user_list if entity is USER else write
    not_found = NOT_FOUND[noun]
    return (
        Endpoint("GET", entity.path, f"{noun}.search", list_fields(entity), source=list_parameters,
                 handle=partial(search, entity), write=partial(page, write), doc=docs.list_doc(noun)),
        Endpoint("POST", entity.path, f"{noun}.create", entity.fields, write=write, doc=docs.create_doc(noun)),
        Endpoint("GET", entity.item_path, f"{noun}.get", (fields.ID,), write=write_one, doc=docs.read_doc(noun)),
        Endpoint("PUT", entity.item_path, f"{noun}.update", updates, write=lambda _: [1], doc=docs.update_doc(noun)),
        Endpoint("DELETE", entity.item_path, f"{noun}.delete", (fields.ID,), write=partial(deleted_count, not_found),
                 doc=docs.delete_doc(noun, not_found)),
    )  # fmt: skip


def create_with_id_endpoint(entity: Entity) -> Endpoint:
    """Create with an id that the client chooses."""
    return Endpoint(
        "POST", entity.item_path, f"{entity.noun}.create", (fields.ID, *entity.fields), write=entity.write,
        doc=docs.create_with_id_doc(entity.noun),
    )  # fmt: skip


def related_endpoint(start: Entity, end: Entity, name: str, key: str) -> Endpoint:
    """List what belongs to an entity, whose id the bus request calls `key`."""
    return Endpoint(
        "GET", _link_path(start, end), name, (fields.ID, *list_fields(end)), source=list_parameters,
        read=partial(related_query, end, key), write=partial(items, end.write),
        doc=docs.related_doc(start.noun, end.noun),
    )  # fmt: skip


def link_endpoints(start: Entity, end: Entity, add: str, remove: str) -> tuple[Endpoint, Endpoint]:
    """Add links; remove some or all of them."""
    names = (f"{start.noun}_id", f"{end.noun}_ids")
    endpoint = partial(
        Endpoint, path=_link_path(start, end), fields=LINK_FIELDS, source=link_parameters, write=link_response
    )
    gives_roles = end is ROLE or start is USER
    read = partial(protected_command, names) if gives_roles else partial(link_command, names, [])
    return (
        endpoint("POST", request_name=add, read=read,
                 doc=docs.link_doc(start.noun, end.noun)),
        endpoint("DELETE", request_name=remove, read=partial(link_command, names, None),
                 doc=docs.unlink_doc(start.noun, end.noun)),
    )  # fmt: skip


def list_fields(entity: Entity) -> tuple[InputField, ...]:
    """The query parameters of a list."""
    columns = entity.columns
    return (
        InputField("page", DescribedCheck(partial(requested_page, columns), PAGE_SCHEMA), required=False),
        InputField("filter", DescribedCheck(partial(conditions, columns), FILTER_SCHEMA), required=False),
    )


def _link_path(start: Entity, end: Entity) -> str:
    return f"{start.item_path}/{end.path.removeprefix('/api/')}"


async def search(entity: Entity, request: CheckedRequest) -> tuple[Paging, Page[Any]]:
    """Search entities and return the page with the paging that was requested."""
    paging = request.values.get("page") or first_page()
    query = {"filter": request.values.get("filter", []), "sort": paging.bus_sort(entity.columns)}
    return paging, await request.send(f"{entity.noun}.search", query | paging.bus_page())


def related_query(end: Entity, key: str, request: CheckedRequest) -> Values:
    """What belongs to an entity; a page of it only if one is requested."""
    paging: Paging | None = request.values.get("page")
    page = paging.bus_page() | {"sort": paging.bus_sort(end.columns)} if paging else {}
    return {key: request.values["id"], "filter": request.values.get("filter", [])} | page


def link_command(names: tuple[str, str], default: list[int] | None, request: CheckedRequest) -> Values:
    """Both sides of the links; `default` if no ids are given."""
    start, ends = names
    return {start: request.values["id"], ends: request.values.get("ids", default)}


def protected_command(names: tuple[str, str], request: CheckedRequest) -> Values:
    """Links that give roles, none of which may be an administrator's."""
    return link_command(names, [], request) | {"protect_admin": True}


def page(write: Callable[[Any], Any], found: tuple[Paging, Page[Any]]) -> dict[str, Any]:
    """A list with its pagination."""
    paging, view = found
    return {"list": items(write, view), "pagination": paging.pagination(view.total or 0)}


def items(write: Callable[[Any], Any], view: Page[Any]) -> list[Any]:
    """A list without pagination."""
    return [write(item) for item in view.items]


def user_list(view: Any) -> dict[str, Any]:
    """One user as the document shows it: a list of one."""
    return {"list": [views.user(view)], "pagination": first_page().pagination(1)}


def deleted_count(not_found: Failure, view: Deleted) -> list[int]:
    """The number of deleted entities; raises DialectError if there is none."""
    if not view.deleted:
        raise DialectError(not_found)
    return [1]


def link_response(_view: Any) -> Response:
    """A success without data."""
    return JSONResponse({"status": "200", "message": "success"})


ENDPOINTS = (
    *crud_endpoints(USER),
    create_with_id_endpoint(USER),
    related_endpoint(USER, GROUP, "group.of_user", "user_id"),
    *link_endpoints(USER, GROUP, "group.join", "group.leave"),
    related_endpoint(USER, ROLE, "role.of_user", "user_id"),
    *link_endpoints(USER, ROLE, "role.assign", "role.revoke"),
    related_endpoint(USER, RESOURCE, "resource.of_user", "user_id"),
    *crud_endpoints(APP),
    related_endpoint(APP, GROUP, "group.of_app", "app"),
    related_endpoint(APP, ROLE, "role.of_app", "app"),
    related_endpoint(APP, RESOURCE, "resource.of_app", "app"),
    *crud_endpoints(GROUP),
    create_with_id_endpoint(GROUP),
    related_endpoint(GROUP, ROLE, "role.of_group", "group_id"),
    *link_endpoints(GROUP, ROLE, "group.grant", "group.withdraw"),
    *crud_endpoints(ROLE),
    create_with_id_endpoint(ROLE),
    related_endpoint(ROLE, RESOURCE, "resource.of_role", "role_id"),
    *link_endpoints(ROLE, RESOURCE, "role.grant", "role.withdraw"),
    *crud_endpoints(RESOURCE),
    *crud_endpoints(RESOURCE_TYPE),
)
