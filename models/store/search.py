"""Search in any collection: conditions, order, and pages by number or by cursor."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from models.errors.base import CursorInvalid, ValueUnfit
from models.store.client import BsonDict, Store
from models.store.conditions import INT64, SearchField, condition_filter, contained_part
from models.store.indexes import IndexKeys, index_of_order, is_indexed
from models.store.numbered_pages import SortedRows, find_numbered
from models.store.postings import Choice, find_candidates, trigram_choices
from models.store.tied_order import TiedRows, leading_keys, value_at

T = TypeVar("T")
UNSELECTIVE = frozenset({"like", "notlike", "ne", "not", "notin"})  # operators for which an index excludes few rows
PATTERNS = frozenset({"like", "notlike"})
MAX_PATTERNS = 10


@dataclass(frozen=True, slots=True)
class Where:
    """One condition: a field, an operator, a value, and whether letter case is ignored."""

    field: str
    op: str
    value: Any
    fold: bool = True


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """What to find: `base` is a fixed filter, `sort` (field, 1 or -1) pairs, `after` a cursor, `shape` a projection.

    `total` is the size of the whole result where it is known without counting. `ids` are those of few rows among which
    the result is.
    """

    fields: Mapping[str, SearchField]
    base: BsonDict
    where: Sequence[Where] = ()
    sort: Sequence[tuple[str, int]] = ()
    page: int = 1
    size: int = 20
    after: str | None = None
    count: bool = True
    shape: BsonDict | None = None
    total: int | None = None
    ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """A page of the result, the size of the whole result if asked for, and the cursor of the next page if any."""

    items: list[T]
    total: int | None
    next: str | None


async def narrow(store: Store, collection: str, search: SearchSpec, session: Any = None) -> SearchSpec:
    """Return the search with the ids of few rows, if it would read all and its conditions tell which may meet them."""
    choices = [choice for where in search.where if where.op == "like" for choice in _choices(search, where)]
    if not choices or not is_scan(collection, search):
        return search
    return replace(search, ids=await find_candidates(store, search.base, choices, session))


def _choices(search: SearchSpec, where: Where) -> list[Choice]:
    return trigram_choices(contained_part(where.value, where.fold), search.fields[where.field].trigrams_of)


async def find_page(rows: Any, search: SearchSpec, session: Any = None) -> ResultPage[BsonDict]:
    """Find one page. Raises `ValueUnfit` for a value that does not fit its field, `CursorInvalid` for a bad cursor."""
    keys = sort_keys(search)
    matching = {"$and": clauses(search)}
    total = search.total
    if total is None and search.count:
        total = await _count(rows, search, matching, session)
    result = _rows_in_order(SortedRows(rows, matching, keys, session, _hint(rows, search, keys)), search)
    if search.after:
        items = await _find_after(result, keys, search)
    else:
        skip = (search.page - 1) * search.size
        items = await find_numbered(result, skip, search.size + 1, total, search.shape)
    more = len(items) > search.size
    items = items[: search.size]
    return ResultPage(items, total, _cursor(keys, items[-1]) if more else None)


def _rows_in_order(result: SortedRows, search: SearchSpec) -> SortedRows | TiedRows:
    name, keys = result.rows.name, result.keys
    if search.ids is not None or index_of_order(name, search.base, keys):
        return result
    leading = leading_keys(keys)
    index = index_of_order(name, search.base, leading)
    if not index or (len(keys) > len(leading) and not _is_wide(search)):
        return result  # MongoDB sorts it; those that a condition selects are few
    rows = replace(result, keys=leading, hint=_hint(result.rows, search, leading))
    return TiedRows(keys, rows, index, result.matching)


async def _find_after(result: SortedRows | TiedRows, keys: IndexKeys, search: SearchSpec) -> list[BsonDict]:
    values = _cursor_values(keys, search.after or "")
    if isinstance(result, TiedRows):
        beyond = _after_filter({}, keys[1:], values[1:]), _after_filter(result.matching, keys[:1], values)
        return await result.find_after(values[0], beyond, search.size + 1, search.shape)
    if search.ids is not None:
        after = {"$and": [result.matching, _after_filter({}, keys, values)]}  # each row is read once
        return await replace(result, matching=after).find_first(search.size + 1, search.shape)
    ranges = replace(result, matching=_after_filter(result.matching, keys, values), hint=None)
    return await ranges.find_first(search.size + 1, search.shape)


async def _count(rows: Any, search: SearchSpec, matching: BsonDict, session: Any) -> int:
    # by an index that holds the first condition's values: no row is read
    keys = [("_id", 1)]
    if search.where:
        keys = [(search.fields[search.where[0].field].folded, 1), *keys]
    hint = _hint(rows, search, keys)
    options = {"hint": hint} if hint else {}
    total: int = await rows.count_documents(matching, session=session, **options)
    return total


def _hint(rows: Any, search: SearchSpec, keys: IndexKeys) -> IndexKeys | None:
    if search.ids is not None:
        return [("_id", 1)]
    # a condition that few rows meet is left to the planner, which finds the index of its field at once
    return index_of_order(rows.name, search.base, keys) if _is_wide(search) else None


def _is_wide(search: SearchSpec) -> bool:
    return all(where.op in UNSELECTIVE for where in search.where)


def is_scan(collection: str, search: SearchSpec) -> bool:
    """Whether the search reads all rows, as no index has its conditions or else its order. Raises `ValueUnfit`."""
    if search.ids is not None:
        return False
    if search.where:
        # of fields that few rows have, the others are in no index
        selective = [where for where in search.where if where.op not in UNSELECTIVE and where.value is not None]
        paths = {path for where in selective for path in _condition(search, where)}
        return not any(is_indexed(collection, search.base, path) for path in paths)
    keys = sort_keys(search)
    orders = (keys, leading_keys(keys)) if len(keys) == 2 else (keys,)  # of more keys many rows may share the first
    return not any(index_of_order(collection, search.base, order) for order in orders)


def clauses(search: SearchSpec) -> list[BsonDict]:
    """The filters of all conditions. Raises `ValueUnfit`."""
    if sum(where.op in PATTERNS for where in search.where) > MAX_PATTERNS:
        raise ValueUnfit(f"a search takes at most {MAX_PATTERNS} conditions with like or notlike")
    among = [] if search.ids is None else [{"_id": {"$in": search.ids}}]
    return [search.base, *among, *(_condition(search, where) for where in search.where)]


def _condition(search: SearchSpec, where: Where) -> BsonDict:
    return condition_filter(search.fields[where.field], where.op, where.value, where.fold)


def sort_keys(search: SearchSpec) -> list[tuple[str, int]]:
    """The sort order by stored fields, with the id last. Raises `ValueUnfit` for a field that holds a list."""
    for name, _ in search.sort:
        if search.fields[name].kind == "ints":
            raise ValueUnfit(f"`{name}` is a list: sort by another field")
    keys = [*{search.fields[name].folded: direction for name, direction in search.sort}.items(), ("_id", 1)]
    last = next(i for i, (path, _) in enumerate(keys) if path == "_id")
    return keys[: last + 1]  # no two rows are equal in it


def _cursor(keys: list[tuple[str, int]], row: BsonDict) -> str:
    last = [_pack(value_at(row, path)) for path, _ in keys]
    return urlsafe_b64encode(json.dumps([keys, last], ensure_ascii=False).encode()).decode()


def _pack(value: Any) -> Any:
    return {"time": value.isoformat()} if isinstance(value, datetime) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["time"]).astimezone(UTC)
    if isinstance(value, str):
        value.encode()  # raises ValueError for an unpaired surrogate, which cannot be stored
    elif value is not None and not (isinstance(value, int) and -INT64 <= value < INT64):
        raise CursorInvalid
    return value


def _after_filter(matching: BsonDict, keys: IndexKeys, values: list[Any]) -> BsonDict:
    # every branch repeats the conditions: then each is a range of one index, and the ranges are merged in order
    ranges = [
        [*({path: values[j]} for j, (path, _) in enumerate(keys[:i])), beyond]
        for i in range(len(keys))
        for beyond in _beyond_filters(*keys[i], values[i])
    ]
    return {"$or": [{"$and": [matching, *conditions]} for conditions in ranges]}


def _cursor_values(keys: list[tuple[str, int]], cursor: str) -> list[Any]:
    try:
        cursor_keys, last = json.loads(urlsafe_b64decode(cursor.encode()))
        values = [_unpack(value) for value in last]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise CursorInvalid from error
    if cursor_keys != [[*key] for key in keys] or len(values) != len(keys):
        raise CursorInvalid
    return values


def _beyond_filters(path: str, direction: int, value: Any) -> list[BsonDict]:
    # absent and null values sort first, and {$gt: null} matches nothing
    if direction == 1:
        return [{path: {"$ne": None}} if value is None else {path: {"$gt": value}}]
    return [{path: {"$in": []}}] if value is None else [{path: {"$lt": value}}, {path: None}]
