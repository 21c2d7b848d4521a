"""Pages by number, read from the nearer end of the result."""

from dataclasses import dataclass
from typing import Any, Protocol

from models.store.client import BsonDict

MAX_SKIP = 2**62


class OrderedRows(Protocol):
    """The rows of a collection that meet a filter, in an order that ends with the id."""

    async def find_first(self, limit: int, shape: BsonDict | None) -> list[BsonDict]:
        """Return the first rows."""

    async def find_ids(self, skip: int, limit: int, total: int | None) -> list[Any]:
        """Return the ids of `limit` rows after the first `skip`, read from the end if it is nearer by `total`.

        `find_by_ids` puts the rows in order.
        """

    async def find_by_ids(self, ids: list[Any], shape: BsonDict | None) -> list[BsonDict]:
        """Return the rows with these ids that still meet the filter, in order."""


@dataclass(frozen=True, slots=True)
class SortedRows:
    """Rows in an order that an index has, or in which MongoDB sorts them.

    `hint` is the keys of the index to read. Without one the planner tries every index, each on up to 30 % of the
    collection where many rows are skipped.
    """

    rows: Any
    matching: BsonDict
    keys: list[tuple[str, int]]
    session: Any
    hint: list[tuple[str, int]] | None = None

    async def find_first(self, limit: int, shape: BsonDict | None) -> list[BsonDict]:
        """Return the first rows."""
        found: list[BsonDict] = await self.find(shape).limit(limit).to_list(None)
        return found

    async def find_ids(self, skip: int, limit: int, total: int | None) -> list[Any]:
        """Return the ids of `limit` rows after the first `skip`, read from the end if it is nearer by `total`."""
        return [row["_id"] for row in await self.find_keys(skip, limit, total)]

    async def find_keys(self, skip: int, limit: int, total: int | None) -> list[BsonDict]:
        """Return the sort keys of the rows whose ids `find_ids` returns."""
        from_end = total is not None and skip > total // 2
        if total is not None and from_end:
            limit = min(limit, total - skip)
            skip = total - skip - limit
        shape = {path: 1 for path, _ in self.keys}
        found: list[BsonDict] = await self.find(shape, -1 if from_end else 1).skip(skip).limit(limit).to_list(None)
        return found[::-1] if from_end else found

    def find(self, shape: BsonDict | None, direction: int = 1) -> Any:
        """A cursor over the rows in their order, or backwards where `direction` is -1."""
        cursor = self.rows.find(self.matching, shape, session=self.session)
        cursor = cursor.sort([(path, direction * each) for path, each in self.keys])
        return cursor.hint(self.hint) if self.hint else cursor

    async def find_by_ids(self, ids: list[Any], shape: BsonDict | None) -> list[BsonDict]:
        """Return the rows with these ids that still meet the filter, in the order of the ids."""
        wanted = {"$and": [{"_id": {"$in": ids}}, self.matching]}
        found = await self.rows.find(wanted, shape, session=self.session).hint("_id_").to_list(None)
        by_id = {row["_id"]: row for row in found}
        return [by_id[id] for id in ids if id in by_id]


async def find_numbered(
    result: OrderedRows, skip: int, limit: int, total: int | None, shape: BsonDict | None
) -> list[BsonDict]:
    """Return `limit` rows after the first `skip` of a result of `total` rows, None if that is not known.

    The ids are found first: in an order that an index has, the rows before the page are skipped without being read. The
    cost grows with the distance from the nearer end, or from the first row where the total is not known.
    """
    if skip >= (MAX_SKIP if total is None else total):
        return []
    if not skip:
        return await result.find_first(limit, shape)
    return await result.find_by_ids(await result.find_ids(skip, limit, total), shape)
