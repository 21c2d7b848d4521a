"""What a collection in memory is read by."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from testing.store.cursor import MemoryCursor
from testing.store.filters import is_operators, matches
from testing.store.ordering import OrderKey, order_key
from testing.store.pipeline import Aggregation
from testing.store.rows import StoredRow, as_stored, index_description
from testing.store.session import MemorySession
from testing.store.shapes import shape_row
from testing.store.tables import Tables, refuse_duplicates

Row = dict[str, Any]
Filter = Mapping[str, Any]
Hint = str | Sequence[tuple[str, int]] | None
BAD_HINT = 2


class Reading:
    """The queries of a collection, and its indexes: the unique ones hold, and hints must name one."""

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables = tables
        self.name = name

    def find(
        self,
        where: Filter | None = None,
        shape: Filter | None = None,
        session: MemorySession | None = None,
        sort: Sequence[tuple[str, int]] = (),
    ) -> MemoryCursor:
        """Return a cursor over the documents that meet a filter."""
        wanted = as_stored(where or {})
        cursor = MemoryCursor(
            lambda: [row.copy() for row in self._select(self._rows(session), wanted)],
            lambda row: shape_row(row, shape),
            self.check_hint,
        )
        return cursor.sort(sort)

    async def find_one(
        self,
        where: Filter | None = None,
        shape: Filter | None = None,
        session: MemorySession | None = None,
        sort: Sequence[tuple[str, int]] = (),
    ) -> Row | None:
        """Return the first document that meets a filter, or None."""
        rows = await self.find(where, shape, session, sort).limit(1).to_list()
        return rows[0] if rows else None

    async def count_documents(self, where: Filter, session: MemorySession | None = None, hint: Hint = None) -> int:
        """Return how many documents meet a filter."""
        self.check_hint(hint)
        return len(self._select(self._rows(session), as_stored(where)))

    async def aggregate(self, stages: Sequence[Filter], session: MemorySession | None = None) -> MemoryCursor:
        """Return a cursor over the rows that a pipeline makes."""

        def read(name: str) -> list[Row]:
            return [row.copy() for row in Reading(self._tables, name)._rows(session).values()]

        rows = [*Aggregation(read).run(read(self.name), as_stored([*stages]))]
        return MemoryCursor(lambda: rows, lambda row: row, self.check_hint)

    async def create_indexes(self, models: Sequence[IndexModel]) -> None:
        """Create indexes. Raises `DuplicateKeyError` where documents have equal keys in a unique one."""
        named = {model.document["name"]: index_description(model) for model in models}
        indexes = self._tables.indexes.setdefault(self.name, {})
        indexes.update(named)
        rows = {key: self._tables.make_row(self.name, row.row) for key, row in self._rows(None).items()}
        refuse_duplicates({}, [*rows.items()], indexes)
        self._tables.rows[self.name] = rows

    async def index_information(self) -> dict[str, Any]:
        """Return the indexes by name."""
        return {"_id_": {"key": [("_id", 1)]}, **self._tables.indexes.get(self.name, {})}

    async def drop_index(self, name: str) -> None:
        """Drop an index."""
        del self._tables.indexes[self.name][name]
        rows = self._rows(None).items()
        self._tables.rows[self.name] = {key: self._tables.make_row(self.name, row.row) for key, row in rows}

    def check_hint(self, hint: Hint) -> None:
        """Raise the driver's error where a hint names no index of the collection."""
        indexes = self._tables.describe_indexes(self.name)
        named: list[Any] = ["_id_", *(index["name"] for index in indexes)]
        keys = [[("_id", 1)], *(index["key"] for index in indexes)]
        if hint and hint not in (named if isinstance(hint, str) else keys):
            raise OperationFailure(f"hint provided does not correspond to an existing index: {hint}", BAD_HINT)

    def _rows(self, session: MemorySession | None) -> Mapping[OrderKey, StoredRow]:
        rows = self._tables.rows if session is None else session.begin().rows
        return rows.get(self.name, {})

    def _select(self, rows: Mapping[OrderKey, StoredRow], where: Filter) -> list[StoredRow]:
        return [row for row in _candidates(rows, where) if matches(row.row, where)]


def _candidates(rows: Mapping[OrderKey, StoredRow], where: Filter) -> Sequence[StoredRow]:
    """The rows among which those are that meet a filter: those of its ids, in their order, or all."""
    for condition in (where, *where.get("$and", ())):
        wanted = condition.get("_id", ...)
        if isinstance(wanted, Mapping) and is_operators(wanted):
            if "$eq" in wanted:
                wanted = wanted["$eq"]
            elif "$in" in wanted:
                keys = sorted({order_key(id) for id in wanted["$in"]})
                return [rows[key] for key in keys if key in rows]
            else:
                continue
        if wanted is not ...:
            return [rows[key]] if (key := order_key(wanted)) in rows else []
    return [*rows.values()]
