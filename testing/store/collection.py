"""A collection of the driver, in memory: the operations that models use."""

from collections.abc import Mapping, Sequence
from itertools import count
from time import time
from typing import Any

from bson import ObjectId, Timestamp
from pymongo import DeleteOne, InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.results import BulkWriteResult, DeleteResult, InsertManyResult, InsertOneResult, UpdateResult

from testing.store.reading import Filter, Hint, Reading, Row
from testing.store.rows import StoredRow, as_stored
from testing.store.session import MemorySession
from testing.store.tables import duplicate_error
from testing.store.unsupported import NotInMemory
from testing.store.updates import Update, new_row, update_row
from testing.store.writing import Plan, write

UNSET = Timestamp(0, 0)
_moments = count(1)


class MemoryCollection(Reading):
    """Like `AsyncCollection` of PyMongo; arguments that it does not have are refused."""

    async def insert_one(self, row: Row, session: MemorySession | None = None) -> InsertOneResult:
        """Insert a document, and give it an `_id` where it has none."""
        row.setdefault("_id", ObjectId())
        stored = self._tables.make_row(self.name, _stamp(row))
        await write(self._tables, self.name, session, lambda _: [(stored.key, stored)], is_insert=True)
        return InsertOneResult(row["_id"], acknowledged=True)

    async def insert_many(
        self, rows: Sequence[Row], ordered: bool = True, session: MemorySession | None = None
    ) -> InsertManyResult:
        """Insert documents; see `bulk_write`."""
        await self.bulk_write([InsertOne(row) for row in rows], ordered, session)
        return InsertManyResult([row["_id"] for row in rows], acknowledged=True)

    async def update_one(
        self,
        where: Filter,
        update: Update,
        upsert: bool = False,
        *,
        array_filters: Sequence[Filter] | None = None,
        session: MemorySession | None = None,
    ) -> UpdateResult:
        """Update the first document that meets a filter."""
        filters = as_stored([*(array_filters or ())])
        changed = as_stored(update)
        return await self._change(
            where, lambda row, is_new: update_row(row, changed, filters, is_new=is_new), upsert, session, limit=1
        )

    async def update_many(
        self, where: Filter, update: Update, *, hint: Hint = None, session: MemorySession | None = None
    ) -> UpdateResult:
        """Update all documents that meet a filter."""
        self.check_hint(hint)
        changed = as_stored(update)
        return await self._change(where, lambda row, _: update_row(row, changed), False, session, limit=None)

    async def replace_one(
        self, where: Filter, row: Filter, upsert: bool = False, session: MemorySession | None = None
    ) -> UpdateResult:
        """Replace the first document that meets a filter."""
        return await self._change(where, lambda old, _: _replace(old, row), upsert, session, limit=1)

    async def find_one_and_update(
        self, where: Filter, update: Update, *, upsert: bool = False, return_document: bool = ReturnDocument.BEFORE
    ) -> Row | None:
        """Update a document and return it as it is afterwards."""
        if return_document is not ReturnDocument.AFTER:
            raise NotInMemory("find_one_and_update with the document before")
        if [*where] != ["_id"]:
            raise NotInMemory("find_one_and_update by another field than _id")
        await self.update_one(where, update, upsert)
        return await self.find_one(where)

    async def delete_one(self, where: Filter, session: MemorySession | None = None) -> DeleteResult:
        """Delete the first document that meets a filter."""
        return await self._delete(where, session, limit=1)

    async def delete_many(self, where: Filter, session: MemorySession | None = None) -> DeleteResult:
        """Delete all documents that meet a filter."""
        return await self._delete(where, session, limit=None)

    async def bulk_write(
        self, operations: Sequence[Any], ordered: bool = True, session: MemorySession | None = None
    ) -> BulkWriteResult:
        """Carry out operations one after the other. Raises `BulkWriteError` for keys that are taken."""
        counts = dict.fromkeys(("nInserted", "nMatched", "nModified", "nRemoved", "nUpserted"), 0)
        faults: list[dict[str, Any]] = []
        for index, operation in enumerate(operations):
            try:
                for name, number in (await self._carry_out(operation, session)).items():
                    counts[name] += number
            except DuplicateKeyError as error:
                faults.append({"index": index, **(error.details or {})})
                if ordered or session is not None:
                    break
        if faults:
            raise BulkWriteError({**counts, "writeErrors": faults, "writeConcernErrors": [], "upserted": []})
        return BulkWriteResult({**counts, "upserted": []}, acknowledged=True)

    async def _carry_out(self, operation: Any, session: MemorySession | None) -> dict[str, int]:
        if isinstance(operation, InsertOne):
            await self.insert_one(operation._doc, session)
            return {"nInserted": 1}
        if isinstance(operation, DeleteOne):
            return {"nRemoved": (await self.delete_one(operation._filter, session)).deleted_count}
        if isinstance(operation, ReplaceOne) and not operation._upsert:
            outcome = await self.replace_one(operation._filter, operation._doc, session=session)
        elif isinstance(operation, UpdateOne) and not operation._upsert and not operation._array_filters:
            outcome = await self.update_one(operation._filter, operation._doc, session=session)
        else:
            raise NotInMemory(f"the operation {operation!r}")
        return {"nMatched": outcome.matched_count, "nModified": outcome.modified_count}

    async def _change(
        self, where: Filter, change: Any, upsert: bool, session: MemorySession | None, limit: int | None
    ) -> UpdateResult:
        wanted = as_stored(where)
        outcome: dict[str, Any] = {}

        def plan(rows: Mapping[Any, StoredRow]) -> Plan:
            found = self._select(rows, wanted)[:limit]
            if found or not upsert:
                made = [self._tables.make_row(self.name, change(old.copy(), False)) for old in found]
                changed: Plan = [(new.key, new) for old, new in zip(found, made, strict=True) if new.raw != old.raw]
                outcome.update(n=len(found), nModified=len(changed))
                return changed
            begun = {"_id": ObjectId()} | new_row(wanted)
            new = self._tables.make_row(self.name, _stamp(change(begun, True)))
            if new.key in rows:  # it is there, and does not meet the rest of the filter
                raise duplicate_error(new, [("_id", 1)])
            outcome.update(n=1, nModified=0, upserted=new.row["_id"])
            return [(new.key, new)]

        await write(self._tables, self.name, session, plan)
        return UpdateResult(outcome, acknowledged=True)

    async def _delete(self, where: Filter, session: MemorySession | None, limit: int | None) -> DeleteResult:
        wanted = as_stored(where)
        gone: Plan = []

        def plan(rows: Mapping[Any, StoredRow]) -> Plan:
            gone[:] = [(row.key, None) for row in self._select(rows, wanted)[:limit]]
            return gone

        await write(self._tables, self.name, session, plan)
        return DeleteResult({"n": len(gone)}, acknowledged=True)


def _stamp(row: Row) -> Row:
    # MongoDB replaces an empty timestamp by its own, which grows with every write
    if UNSET not in row.values():
        return row
    own = Timestamp(int(time()), next(_moments))
    return {name: own if value == UNSET else value for name, value in row.items()}


def _replace(old: Filter, row: Filter) -> Row:
    if "_id" in row and row["_id"] != old["_id"]:
        raise NotInMemory("a replacement with another _id")
    return {"_id": old["_id"], **row}
