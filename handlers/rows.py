"""What the handlers of apps, groups, roles, resources and resource types have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from contracts.rows import RowView
from contracts.search import Page
from handlers.deletion import delete_row
from handlers.deps import Handlers
from handlers.searching import search_of
from handlers.views import row_view
from models.apps import app_key
from models.paths import OF_APP, Asked, Path, reached
from models.rows import Coded, CodedRows
from models.unit import Unit


@dataclass(frozen=True, slots=True)
class Noun:
    """One kind of row: its name on the bus, what its pages are, and where its rows are."""

    name: str
    page: type[Page[Any]]
    rows: Callable[[Unit], CodedRows[Any]]


def verbs(noun: Noun) -> Handlers:
    """The five requests that every noun has."""
    handlers = {"create": create_row, "update": update_row, "get": get_row, "search": search_rows}
    table: Handlers = {f"{noun.name}.{verb}": partial(handler, noun) for verb, handler in handlers.items()}
    return {**table, f"{noun.name}.delete": partial(delete_row, noun.rows)}


def given(command: Any) -> dict[str, Any]:
    """The fields that a command gives to a row."""
    return dict(command.model_dump(exclude={"id", "unique_name"}, exclude_none=True))


async def create_row(noun: Noun, command: Any, unit: Unit) -> RowView:
    """Create a row with the next id, or with one of the caller's choice."""
    return await inserted(noun, given(command), getattr(command, "id", None), unit)


async def inserted(noun: Noun, fields: Mapping[str, Any], chosen: int | None, unit: Unit) -> RowView:
    """A new row, after the rows that it names were found. A chosen id moves the counter past it."""
    rows = noun.rows(unit)
    id = chosen or await unit.counters.next(rows.collection)
    await rows.keep_owners(fields, id)
    row = rows.document(id=id, **fields)
    if chosen is not None:
        await _refuse_spent(rows, row, unit)
    unit.emit(f"{noun.name}.created", row, row_view)
    await rows.add(row, chosen is not None)
    if chosen is not None:
        await unit.counters.pass_over(rows.collection, chosen)
    return row_view(row)


async def update_row(noun: Noun, command: Any, unit: Unit) -> RowView:
    """Change the given fields of a row."""
    row = await noun.rows(unit).get(command.id)
    row.refuse_protected()
    return await changed(noun, row, given(command), unit)


async def changed(noun: Noun, row: Coded, fields: Mapping[str, Any], unit: Unit) -> RowView:
    """The row with other fields, after the rows that they name were found."""
    await noun.rows(unit).keep_owners(fields, row.id)
    row.change(fields)
    unit.emit(f"{noun.name}.updated", row, row_view)
    await noun.rows(unit).save(row)
    return row_view(row)


async def get_row(noun: Noun, query: Any, unit: Unit) -> RowView:
    """Find one row by id, or by code (and app)."""
    rows = noun.rows(unit)
    keys = query.model_dump(include={"id", "code"}, exclude_none=True)
    if getattr(query, "app", None) is not None:
        keys["app_id"] = await unit.apps.id_of(query.app)
    row = await (rows.find_any if getattr(query, "include_deleted", False) else rows.find)(**keys)
    if row is None:
        raise rows.missing
    return row_view(row)


async def search_rows(noun: Noun, query: Any, unit: Unit) -> Page[Any]:
    """One page of the rows that meet every condition."""
    rows = noun.rows(unit)
    base = {} if getattr(query, "include_deleted", False) else rows.live
    page = await rows.page(replace(search_of(query, rows.fields, base), shape=rows.hidden))
    items = [row_view(row) for row in page.items]
    return noun.page(items=items, total=page.total, page=query.page, size=query.size, next=page.next)


async def listed(noun: Noun, path: Path, start: str, query: Any, unit: Unit) -> Page[Any]:
    """All rows, or one page of them, at the end of a path; the query's field `start` names where it begins."""
    rows = noun.rows(unit)
    of_app = path is OF_APP
    asked = Asked(
        key=app_key(query.app) if of_app else {"_id": getattr(query, start)},
        search=search_of(query, rows.fields, rows.live),
        app=None if of_app else getattr(query, "app", None),
        cut=query.page is not None,
    )
    page = await reached(rows, path, asked)
    size = query.size if asked.cut else len(page.items)
    items = [row_view(row) for row in page.items]
    return noun.page(items=items, total=page.total, page=query.page or 1, size=size, next=None)


async def _refuse_spent(rows: CodedRows[Any], row: Coded, unit: Unit) -> None:
    there = await rows.find_any(id=row.id)
    if rows.id_taken and (there or not await unit.erasure.release(row.noun, row.id)):
        raise rows.id_taken
