"""All collections, and the transactions that are open on them."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo.errors import DuplicateKeyError, OperationFailure

from testing.store.ordering import OrderKey
from testing.store.rows import StoredRow, make_row

Rows = dict[OrderKey, StoredRow]
Change = tuple[OrderKey, StoredRow | None]  # a document's place and what becomes of it
TRANSIENT = ["TransientTransactionError"]
DUPLICATE = 11000


class Tables:
    """The documents that are committed, by collection, the indexes, and the open transactions."""

    def __init__(self) -> None:
        self.rows: dict[str, Rows] = {}
        self.indexes: dict[str, dict[str, dict[str, Any]]] = {}
        self.open: set[Transaction] = set()

    def describe_indexes(self, collection: str) -> list[dict[str, Any]]:
        """Return the indexes of a collection."""
        return [*self.indexes.get(collection, {}).values()]

    def make_row(self, collection: str, row: Mapping[str, Any]) -> StoredRow:
        """Encode a document for a collection."""
        return make_row(row, self.describe_indexes(collection))

    def find_rival(self, collection: str, changes: Sequence[Change], own: "Transaction | None") -> "Transaction | None":
        """Return another transaction that is writing one of these documents or unique keys, if there is one."""
        places = {place for place, _ in changes}
        keys = {key for _, row in changes if row for key in row.unique}
        for transaction in self.open:
            if transaction is own:
                continue
            written = transaction.written.get(collection, {})
            if not places.isdisjoint(written) or any(
                row and not keys.isdisjoint(row.unique) for row in written.values()
            ):
                return transaction
        return None


class Transaction:
    """One open transaction: reads a snapshot of all collections, and its own writes."""

    def __init__(self, tables: Tables) -> None:
        self.rows = dict(tables.rows)
        self.written: dict[str, dict[OrderKey, StoredRow | None]] = {}
        self.ended = asyncio.Event()
        self._tables = tables
        self._snapshot = dict(tables.rows)
        tables.open.add(self)

    def is_stale(self, collection: str, changes: Sequence[Change]) -> bool:
        """Whether one of these documents or unique keys has been written and committed since the snapshot."""
        before, after = self._snapshot.get(collection, {}), self._tables.rows.get(collection, {})
        if before is after:
            return False
        if any(before.get(place) is not after.get(place) for place, _ in changes):
            return True
        keys = {key for _, row in changes if row for key in row.unique}
        new = (row for place, row in after.items() if keys and before.get(place) is not row)
        return any(not keys.isdisjoint(row.unique) for row in new)

    def write(self, collection: str, changes: Sequence[Change]) -> None:
        """Keep the changes until the commit."""
        written = self.written.setdefault(collection, {})
        if not written:
            self.rows[collection] = dict(self.rows.get(collection, {}))
        written.update(changes)
        put(self.rows[collection], changes)

    def commit(self) -> None:
        """Make the writes seen by all."""
        for collection, written in self.written.items():
            rows = dict(self._tables.rows.get(collection, {}))
            put(rows, [*written.items()])
            self._tables.rows[collection] = rows
        self.end()

    def end(self) -> None:
        """Forget the writes, and let those go on that wait for this transaction."""
        self._tables.open.discard(self)
        self.ended.set()


def put(rows: Rows, changes: Sequence[Change]) -> None:
    """Apply changes to the rows of a collection."""
    for place, row in changes:
        if row is None:
            rows.pop(place, None)
        else:
            rows[place] = row


def refuse_duplicates(
    rows: Mapping[OrderKey, StoredRow], changes: Sequence[Change], indexes: Mapping[str, Mapping[str, Any]]
) -> None:
    """Raise `DuplicateKeyError` where a change gives a document a key that another one has."""
    for place, row in changes:
        if row is None or not row.unique or ((old := rows.get(place)) and old.unique == row.unique):
            continue
        for other_place, other in _rows_after(rows, changes):
            if other_place != place and (taken := row.unique & other.unique):
                raise duplicate_error(row, indexes[next(iter(taken))[0]]["key"])


def _rows_after(rows: Mapping[OrderKey, StoredRow], changes: Sequence[Change]) -> Iterator[tuple[OrderKey, StoredRow]]:
    if len(changes) == 1:
        yield from rows.items()
    else:
        after = dict(rows)
        put(after, changes)
        yield from after.items()


def duplicate_error(row: StoredRow, keys: Sequence[tuple[str, int]]) -> DuplicateKeyError:
    """Return the driver's error for a key that is taken."""
    names = ", ".join(path for path, _ in keys)
    text = f"E11000 duplicate key error: {names} of _id {row.row['_id']!r}"
    return DuplicateKeyError(text, DUPLICATE, {"code": DUPLICATE, "errmsg": text, "keyPattern": dict(keys)})


def conflict_error() -> OperationFailure:
    """Return the driver's error for a write that another transaction has forestalled."""
    return OperationFailure("WriteConflict: another transaction was faster", 112, {"errorLabels": TRANSIENT})


def ended_error() -> OperationFailure:
    """Return the driver's error for what is asked in a transaction that an error has ended."""
    return OperationFailure("NoSuchTransaction: an error has ended it", 251, {"errorLabels": TRANSIENT})
