"""The route table (REST contract section 3.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge.dialect import Answer, Failure, Rejected, Request, Row
from bridge.dialects.rbac import docs, fields, views
from bridge.dialects.rbac.filters import Columns, conditions
from bridge.dialects.rbac.pages import Paging, first_page, paging
from bridge.dialects.rbac.sources import link_source, list_source
from bridge.fields import Field, Schema, Told, Values, each
from contracts.base import Deleted
from contracts.search import Page

MISSING = {
    noun: Failure(404, f"{noun.replace('_', ' ')} not found")
    for noun in ("user", "app", "group", "role", "resource", "resource_type")
}
LINKED = Answer({"status": "200", "message": "success"})
PAGE: Schema = {
    "type": "string",
    "description": 'JSON: {"pageNo":1,"pageSize":10,"orderBy":["name"],"order":["asc"]}',
}
FILTER: Schema = {
    "type": "string",
    "description": 'JSON: {"name":"Felix"} or, with operators, {"LIKE_name":"Fel","IN_id":[1,2]}',
}
IDS = Field("ids", each(fields.NUMBER, 1000), required=False)


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of row: its path, its noun on the bus, what may be said of it, what is shown of it."""

    path: str
    noun: str
    fields: tuple[Field, ...]
    shape: Callable[[Any], dict[str, Any]]
    columns: Columns

    @property
    def one(self) -> str:
        """The path of a single row."""
        return self.path + "/{id}"


USER = Entity("/api/user", "user", fields.USER, views.user, views.USER)
APP = Entity("/api/app", "app", fields.APP, views.app, views.APP)
GROUP = Entity("/api/group", "group", fields.GROUP, views.group, views.GROUP)
ROLE = Entity("/api/role", "role", fields.GROUP, views.group, views.GROUP)
RESOURCE = Entity("/api/resource", "resource", fields.RESOURCE, views.resource, views.RESOURCE)
RESOURCE_TYPE = Entity("/api/resource-type", "resource_type", fields.APP, views.app, views.APP)


def verbs(entity: Entity) -> tuple[Row, ...]:
    """List, create, get, change and delete."""
    noun, shape = entity.noun, entity.shape
    search = f"{noun}.search"
    changes = (fields.ID, *fields.changes(entity.fields))
    show = one_user if entity is USER else shape
    gone = partial(deleted, MISSING[noun])
    return (
        Row("GET", entity.path, search, asked(entity), source=list_source,
            call=partial(found, entity, search), write=partial(listed, shape), doc=docs.listed(noun)),
        Row("POST", entity.path, f"{noun}.create", entity.fields, write=shape, doc=docs.created(noun)),
        Row("GET", entity.one, f"{noun}.get", (fields.ID,), write=show, doc=docs.one(noun)),
        Row("PUT", entity.one, f"{noun}.update", changes, write=lambda _: [1], doc=docs.changed(noun)),
        Row("DELETE", entity.one, f"{noun}.delete", (fields.ID,), write=gone, doc=docs.deleted(noun, MISSING[noun])),
    )  # fmt: skip


def chosen(entity: Entity) -> Row:
    """Create with an id of the caller's choice."""
    given, doc = (fields.ID, *entity.fields), docs.created(entity.noun, chosen=True)
    return Row("POST", entity.one, f"{entity.noun}.create", given, write=entity.shape, doc=doc)


def below(start: Entity, end: Entity, name: str, key: str) -> Row:
    """What belongs to a row, whose id the request calls `key`."""
    path = f"{start.one}/{end.path.removeprefix('/api/')}"
    write = partial(plain, end.shape)
    given, doc = (fields.ID, *asked(end)), docs.below(start.noun, end.noun)
    return Row("GET", path, name, given, source=list_source, read=partial(sifted, end, key), write=write, doc=doc)


def links(start: Entity, end: Entity, add: str, remove: str) -> tuple[Row, Row]:
    """Add links, remove some or all."""
    path = f"{start.one}/{end.path.removeprefix('/api/')}"
    names = (f"{start.noun}_id", f"{end.noun}_ids")
    given, nouns = (fields.ID, IDS), (start.noun, end.noun)
    more, fewer = docs.linked(*nouns), docs.linked(*nouns, removed=True)
    return (
        Row("POST", path, add, given, source=link_source, read=partial(linked, names, []), write=done, doc=more),
        Row(
            "DELETE", path, remove, given, source=link_source, read=partial(linked, names, None), write=done, doc=fewer
        ),
    )


def asked(entity: Entity) -> tuple[Field, ...]:
    """The query parameters of a list."""
    columns = entity.columns
    return (
        Field("page", Told(partial(paging, columns), PAGE), required=False),
        Field("filter", Told(partial(conditions, columns), FILTER), required=False),
    )


async def found(entity: Entity, name: str, request: Request) -> tuple[Paging, Page[Any]]:
    """A page of rows, with the page and the order that were asked for."""
    page = request.values.get("page") or first_page()
    given = {"filter": request.values.get("filter", []), "sort": page.sort(entity.columns)}
    return page, await request.send(name, given | page.cut())


def sifted(end: Entity, key: str, request: Request) -> Values:
    """What belongs to a row; cut only where a page is asked for."""
    page: Paging | None = request.values.get("page")
    paged = page.cut() | {"sort": page.sort(end.columns)} if page else {}
    return {key: request.values["id"], "filter": request.values.get("filter", [])} | paged


def linked(names: tuple[str, str], none: list[int] | None, request: Request) -> Values:
    """Both sides of links; `none` is said where no ids are given."""
    start, ends = names
    return {start: request.values["id"], ends: request.values.get("ids", none)}


def listed(shape: Callable[[Any], Any], answer: tuple[Paging, Page[Any]]) -> dict[str, Any]:
    """A list with its pagination."""
    page, view = answer
    return {"list": plain(shape, view), "pagination": page.answer(view.total or 0)}


def plain(shape: Callable[[Any], Any], view: Page[Any]) -> list[Any]:
    """A list alone."""
    return [shape(item) for item in view.items]


def one_user(view: Any) -> dict[str, Any]:
    """A user as the seed shows it: a list of one."""
    return {"list": [views.user(view)], "pagination": first_page().answer(1)}


def deleted(missing: Failure, view: Deleted) -> list[int]:
    """How many rows are gone; raises Rejected if it was none."""
    if not view.deleted:
        raise Rejected(missing)
    return [1]


def done(_view: Any) -> Answer:
    """Success without data."""
    return LINKED


ROWS = (
    *verbs(USER),
    chosen(USER),
    below(USER, GROUP, "group.of_user", "user_id"),
    *links(USER, GROUP, "group.join", "group.leave"),
    below(USER, ROLE, "role.of_user", "user_id"),
    *links(USER, ROLE, "role.assign", "role.revoke"),
    below(USER, RESOURCE, "resource.of_user", "user_id"),
    *verbs(APP),
    below(APP, GROUP, "group.of_app", "app"),
    below(APP, ROLE, "role.of_app", "app"),
    below(APP, RESOURCE, "resource.of_app", "app"),
    *verbs(GROUP),
    chosen(GROUP),
    below(GROUP, ROLE, "role.of_group", "group_id"),
    *links(GROUP, ROLE, "group.grant", "group.withdraw"),
    *verbs(ROLE),
    chosen(ROLE),
    below(ROLE, RESOURCE, "resource.of_role", "role_id"),
    *links(ROLE, RESOURCE, "role.grant", "role.withdraw"),
    *verbs(RESOURCE),
    *verbs(RESOURCE_TYPE),
)
