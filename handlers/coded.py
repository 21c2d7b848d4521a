"""Handlers that apps, groups, roles, resources and resource types share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from contracts.coded import CodedView
from contracts.search import Page
from handlers.cascade import delete_row
from handlers.handler import Handlers
from handlers.searching import page_view, search_spec
from handlers.views import coded_view
from models.apps import app_filter
from models.coded import CodedDocument, CodedRepository
from models.effective_roles import OF_APP, RelatedQuery, RelationPath, find_related
from models.store.search import ResultPage
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class CodedNoun:
    """One noun: its name on the bus, the contract of its pages, and its repository in a unit of work."""

    name: str
    page: type[Page[Any]]
    rows: Callable[[UnitOfWork], CodedRepository[Any]]


def coded_handlers(noun: CodedNoun) -> Handlers:
    """The handlers of the five requests that every noun has."""
    handlers = {"create": create_row, "update": update_row, "get": get_row, "search": search_rows}
    table: Handlers = {f"{noun.name}.{verb}": partial(handler, noun) for verb, handler in handlers.items()}
    return {**table, f"{noun.name}.delete": partial(delete_row, noun.rows)}


def row_fields(command: Any, *options: str) -> dict[str, Any]:
    """The fields that a command sets: all of its own but `id`, those that are null, and the named options."""
    return dict(command.model_dump(exclude={"id", *options}, exclude_none=True))


async def create_row(noun: CodedNoun, command: Any, unit: UnitOfWork) -> CodedView:
    """Create a row with the next id."""
    return await insert_row(noun, row_fields(command), getattr(command, "id", None), unit)


async def insert_row(noun: CodedNoun, fields: Mapping[str, Any], chosen: int | None, unit: UnitOfWork) -> CodedView:
    """Insert a row with these fields and the next id, or with a chosen id, which moves the counter past it.

    Raises the owners' `not_found`, or the noun's `id_taken` or `code_taken`.
    """
    rows = noun.rows(unit)
    id = chosen or await unit.counters.reserve_id(rows.collection)
    await rows.lock_owners(fields, id)
    row = rows.document(id=id, **fields)
    if chosen is not None:
        await _refuse_taken_id(rows, row, unit)
        await unit.last_revisions.restore([row])
    unit.emit(f"{noun.name}.created", row, coded_view)
    await rows.add(row, chosen is not None)
    if chosen is not None:
        await unit.counters.skip_to(rows.collection, chosen)
    return coded_view(row)


async def update_row(noun: CodedNoun, command: Any, unit: UnitOfWork) -> CodedView:
    """Set the fields that the command gives."""
    row = await noun.rows(unit).get(command.id)
    row.refuse_protected()
    return await change_row(noun, row, row_fields(command), unit)


async def change_row(noun: CodedNoun, row: CodedDocument, fields: Mapping[str, Any], unit: UnitOfWork) -> CodedView:
    """Set fields of a row and save it; emit an event if any changed. Raises `not_found` of owners, or `code_taken`."""
    rows = noun.rows(unit)
    await rows.lock_owners(fields, row.id)
    if row.change(fields):
        unit.emit(f"{noun.name}.updated", row, coded_view)
    await rows.save(row)
    return coded_view(row)


async def get_row(noun: CodedNoun, query: Any, unit: UnitOfWork) -> CodedView:
    """Find one row by id, or by code (and app). Raises the noun's `not_found`."""
    rows = noun.rows(unit)
    keys = query.model_dump(include={"id", "code"}, exclude_none=True)
    if getattr(query, "app", None) is not None:
        keys["app_id"] = await unit.apps.get_id(query.app)
    row = await rows.find(**keys)
    if row is None and _includes_deleted(query):
        row = await rows.find_any(**keys)
    if row is None:
        raise rows.not_found
    return coded_view(row)


async def search_rows(noun: CodedNoun, query: Any, unit: UnitOfWork) -> Page[Any]:
    """Find one page of the rows that meet every condition."""
    rows = noun.rows(unit)
    base = {} if _includes_deleted(query) else rows.live_filter
    page = await rows.search(replace(search_spec(query, rows.fields, base), shape=rows.projection))
    items = [coded_view(row) for row in page.items]
    return page_view(noun.page, items, page, query)


async def list_related(noun: CodedNoun, path: RelationPath, key: str, query: Any, unit: UnitOfWork) -> Page[Any]:
    """List the rows at the end of a path that begins at the row whose id is the query's field `key`."""
    rows = noun.rows(unit)
    search = search_spec(query, rows.fields, rows.live_filter)
    app = getattr(query, "app", None)
    related = RelatedQuery({"_id": getattr(query, key)}, search, app=app, paged=query.page is not None)
    return _page_view(noun, query, await find_related(rows, path, related))


async def list_of_app(noun: CodedNoun, query: Any, unit: UnitOfWork) -> Page[Any]:
    """List the rows of an app."""
    rows = noun.rows(unit)
    search = search_spec(query, rows.fields, rows.live_filter)
    related = RelatedQuery(app_filter(query.app), search, paged=query.page is not None)
    return _page_view(noun, query, await find_related(rows, OF_APP, related))


def _page_view(noun: CodedNoun, query: Any, page: ResultPage[Any]) -> Page[Any]:
    size = len(page.items) if query.page is None else query.size
    items = [coded_view(row) for row in page.items]
    return noun.page(items=items, total=page.total, page=query.page or 1, size=size, next=None)


async def _refuse_taken_id(rows: CodedRepository[Any], row: CodedDocument, unit: UnitOfWork) -> None:
    existing = await rows.find_any(id=row.id)
    if rows.id_taken and (existing or not await unit.cascade.release_id(row.noun, row.id)):
        raise rows.id_taken


def _includes_deleted(query: Any) -> bool:
    return bool(getattr(query, "include_deleted", False))
