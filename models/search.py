"""Searching any collection: conditions, order and pages, by number or by keyset."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from models.conditions import INT64, Field, matches
from models.errors.base import CursorInvalid, ValueUnfit
from models.store import Row

T = TypeVar("T")
MAX_SKIP = 2**62


@dataclass(frozen=True, slots=True)
class Where:
    """One condition: field name, operator, value, and whether letter case is ignored."""

    field: str
    op: str
    value: Any
    fold: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """What to find: `base` is a fixed filter, `sort` (field, 1 or -1), `after` a cursor, `shape` a projection."""

    fields: Mapping[str, Field]
    base: Row
    where: Sequence[Where] = ()
    sort: Sequence[tuple[str, int]] = ()
    page: int = 1
    size: int = 20
    after: str | None = None
    count: bool = True
    shape: Row | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page, the size of the whole result where asked for, and the cursor of what follows."""

    items: list[T]
    total: int | None
    next: str | None


async def found_page(rows: Any, search: Search, session: Any = None) -> Page[Row]:
    """Run a search. Raises `ValueUnfit` for a value that does not fit its field, `CursorInvalid` for a bad cursor."""
    keys = sort_keys(search)
    wanted = {"$and": clauses(search)}
    paged = {"$and": [wanted, _behind(keys, search.after)]} if search.after else wanted
    skip = 0 if search.after else (search.page - 1) * search.size
    items: list[Row] = []
    if skip < MAX_SKIP:
        cursor = rows.find(paged, search.shape, session=session).sort(keys).skip(skip).limit(search.size + 1)
        items = await cursor.to_list(None)
    total = await rows.count_documents(wanted, session=session) if search.count else None
    more = len(items) > search.size
    items = items[: search.size]
    return Page(items, total, _cursor(keys, items[-1]) if more else None)


def clauses(search: Search) -> list[Row]:
    """All conditions as filters. Raises `ValueUnfit`."""
    return [search.base, *(matches(search.fields[w.field], w.op, w.value, w.fold) for w in search.where)]


def sort_keys(search: Search) -> list[tuple[str, int]]:
    """The sort order by stored fields, ended by the id. Raises `ValueUnfit` for a field that holds a list."""
    for name, _ in search.sort:
        if search.fields[name].kind == "ints":
            raise ValueUnfit(f"`{name}` is a list: sort by another field")
    keys = {search.fields[name].folded: direction for name, direction in search.sort}
    return [*keys.items()] if "_id" in keys else [*keys.items(), ("_id", 1)]


def _cursor(keys: list[tuple[str, int]], row: Row) -> str:
    last = [_packed(_value(row, path)) for path, _ in keys]
    return urlsafe_b64encode(json.dumps([keys, last], ensure_ascii=False).encode()).decode()


def _value(row: Row, path: str) -> Any:
    value: Any = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _packed(value: Any) -> Any:
    return {"time": value.isoformat()} if isinstance(value, datetime) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["time"]).astimezone(UTC)
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text that could be stored
    elif value is not None and not (isinstance(value, int) and -INT64 <= value < INT64):
        raise CursorInvalid
    return value


def _behind(keys: list[tuple[str, int]], cursor: str | None) -> Row:
    try:
        made_for, last = json.loads(urlsafe_b64decode((cursor or "").encode()))
        values = [_unpacked(value) for value in last]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise CursorInvalid from error
    if made_for != [[*key] for key in keys] or len(values) != len(keys):
        raise CursorInvalid
    steps = [
        {"$and": [*({path: values[j]} for j, (path, _) in enumerate(keys[:i])), _beyond(*keys[i], values[i])]}
        for i in range(len(keys))
    ]
    return {"$or": steps}


def _beyond(path: str, direction: int, value: Any) -> Row:
    # absent and null sort first, and {$gt: null} matches nothing
    if direction == 1:
        return {path: {"$ne": None}} if value is None else {path: {"$gt": value}}
    return {path: {"$in": []}} if value is None else {"$or": [{path: {"$lt": value}}, {path: None}]}
