"""How repositories read and write: in a transaction of their unit, or with writes that a group commits."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne

from models.store.client import BsonDict, Store
from models.store.time_limit import limit_operation

WriteOperation = InsertOne[BsonDict] | ReplaceOne[BsonDict] | UpdateOne | DeleteOne


class NotGroupable(Exception):
    """The command needs a transaction of its own."""


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """A write to one document, to be made at commit; `matches` says that it must meet the document as it was read.

    No two commands of a group may make `exclusive` writes to one document.
    """

    collection: str
    id: Any
    operation: WriteOperation
    matches: bool
    exclusive: bool = True


SessionProvider = Callable[[], Awaitable[Any]]


def provide(session: Any) -> SessionProvider:
    """A provider of a session that is already open, or of None to work outside a transaction."""

    async def provider() -> Any:
        return session

    return provider


class StoreScope(Protocol):
    """The reads and writes of repositories; `session` provides the transaction's session, or None without one.

    `totals` gathers what the commit adds to the totals, by field.
    """

    session: SessionProvider
    totals: Counter[str]

    async def read_session(self, collection: str) -> Any:
        """Return the session for a read that needs no snapshot in common with other reads."""

    async def find_one(self, collection: str, where: BsonDict) -> BsonDict | None:
        """Return the document that meets `where`, or None; it may be replaced or deleted later."""

    async def find_all(self, collection: str, ids: Sequence[Any]) -> list[BsonDict]:
        """Return the documents with these ids that exist, in this order, by one query; see `find_one`."""

    async def insert(self, collection: str, row: BsonDict) -> None:
        """Insert a document."""

    async def replace(self, collection: str, row: BsonDict) -> None:
        """Replace the document with the row's `_id`."""

    async def delete(self, collection: str, id: Any) -> None:
        """Delete the document with this `_id`."""

    async def increment(self, collection: str, id: Any, field: str) -> bool:
        """Increment a number of a document; return False if the document does not exist."""


class TransactionScope:
    """Run every operation at once, in the transaction of the provided session; without a session it only reads."""

    def __init__(self, store: Store, session: SessionProvider) -> None:
        self._store = store
        self.session = session
        self.totals: Counter[str] = Counter()

    async def read_session(self, collection: str) -> Any:  # noqa: ARG002  # as the protocol has it
        """Return the same session."""
        return await self.session()

    async def find_one(self, collection: str, where: BsonDict) -> BsonDict | None:
        """Return the document; without a transaction one query answers all look-ups of the moment."""
        session = await self.session()
        if session is None:
            return await self._store.lookups.find_one(collection, where)
        with limit_operation():
            row: BsonDict | None = await self._store.collection(collection).find_one(where, session=session)
        return row

    async def find_all(self, collection: str, ids: Sequence[Any]) -> list[BsonDict]:
        """Return the documents; without a transaction the query is shared as well."""
        session = await self.session()
        if session is None:
            return await _look_up(self, collection, ids)
        with limit_operation():
            rows = await self._store.collection(collection).find({"_id": {"$in": ids}}, session=session).to_list(None)
        return sorted(rows, key=lambda row: ids.index(row["_id"]))

    async def insert(self, collection: str, row: BsonDict) -> None:
        """Insert now. Raises the driver's `DuplicateKeyError`."""
        session = await self.session()
        with limit_operation():
            await self._store.collection(collection).insert_one(row, session=session)

    async def replace(self, collection: str, row: BsonDict) -> None:
        """Replace now. Raises the driver's `DuplicateKeyError`."""
        session = await self.session()
        with limit_operation():
            await self._store.collection(collection).replace_one({"_id": row["_id"]}, row, session=session)

    async def delete(self, collection: str, id: Any) -> None:
        """Delete now."""
        session = await self.session()
        with limit_operation():
            await self._store.collection(collection).delete_one({"_id": id}, session=session)

    async def increment(self, collection: str, id: Any, field: str) -> bool:
        """Increment now; return whether the document exists."""
        session = await self.session()
        with limit_operation():
            rows = self._store.collection(collection)
            outcome = await rows.update_one({"_id": id}, {"$inc": {field: 1}}, session=session)
        return bool(outcome.matched_count)


class GroupedScope:
    """Read outside of any transaction, and plan writes, each on condition that its document is as it was read.

    Operations that may be wrong without a transaction raise `NotGroupable`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, Any], BsonDict] = {}
        self.session: SessionProvider = _refuse_session
        self.totals: Counter[str] = Counter()
        self.writes: list[PlannedWrite] = []

    async def read_session(self, collection: str) -> Any:
        """Return None. Raises `NotGroupable` if the read would miss planned writes of the command."""
        self._refuse_own_writes(collection)
        return None

    async def find_one(self, collection: str, where: BsonDict) -> BsonDict | None:
        """Return the document, and remember it as the condition of a later write. Raises `NotGroupable` as above."""
        self._refuse_own_writes(collection)
        row = await self._store.lookups.find_one(collection, where)
        if row is not None:
            self._read[collection, row["_id"]] = row
        return row

    async def find_all(self, collection: str, ids: Sequence[Any]) -> list[BsonDict]:
        """Return the documents, and remember each. Raises `NotGroupable` as above."""
        return await _look_up(self, collection, ids)

    async def insert(self, collection: str, row: BsonDict) -> None:
        """Plan an insertion."""
        self._add_write(collection, row["_id"], InsertOne(row), matches=False)

    async def replace(self, collection: str, row: BsonDict) -> None:
        """Plan the replacement of a document that has been read. Raises `NotGroupable` if it has not."""
        self._add_write(collection, row["_id"], ReplaceOne(self._as_read(collection, row["_id"]), row), matches=True)

    async def delete(self, collection: str, id: Any) -> None:
        """Plan the deletion of a document that has been read. Raises `NotGroupable` if it has not."""
        self._add_write(collection, id, DeleteOne(self._as_read(collection, id)), matches=True)

    async def increment(self, collection: str, id: Any, field: str) -> bool:
        """Plan the increment; the group is aborted if the document does not exist."""
        update = UpdateOne({"_id": id}, {"$inc": {field: 1}})
        self.writes.append(PlannedWrite(collection, id, update, matches=True, exclusive=False))
        return True

    def _add_write(self, collection: str, id: Any, operation: WriteOperation, matches: bool) -> None:
        if any((write.collection, write.id) == (collection, id) for write in self.writes):
            raise NotGroupable
        self.writes.append(PlannedWrite(collection, id, operation, matches))

    def _as_read(self, collection: str, id: Any) -> BsonDict:
        # the whole document: if anything has changed since, the command runs again with the current one
        row = self._read.get((collection, id))
        if row is None:
            raise NotGroupable
        return {name: {"$eq": value} for name, value in row.items()}

    def _refuse_own_writes(self, collection: str) -> None:
        if any(write.collection == collection for write in self.writes):
            raise NotGroupable


async def _look_up(scope: StoreScope, collection: str, ids: Sequence[Any]) -> list[BsonDict]:
    looks = [scope.find_one(collection, {"_id": id}) for id in ids]
    found = [await looks[0]] if len(looks) == 1 else await asyncio.gather(*looks)  # most need no tasks
    return [row for row in found if row is not None]


async def _refuse_session() -> Any:
    raise NotGroupable
