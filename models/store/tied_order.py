"""An order of whose fields the first one has an index: rows with equal values of it are put in order by the others.

They have the same places in the order of the index; only among themselves the order is another one. So one index serves
both directions of its field, though ties are by ascending id in either, and orders by several fields.
"""

from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from models.store.client import BsonDict
from models.store.indexes import IndexKeys
from models.store.numbered_pages import SortedRows

Group = tuple[Any, list[Any]]
"""A value and the ids of neighbouring rows that have it, in the order of the index."""


def leading_keys(keys: IndexKeys) -> IndexKeys:
    """The order by the first field alone, as an index has it: forwards, or backwards where it descends."""
    path, direction = keys[0]
    return [(path, direction), ("_id", direction)]


def value_at(row: BsonDict, path: str) -> Any:
    """The value at a path with dots, None if there is none."""
    value: Any = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True, slots=True)
class TiedRows:
    """Rows in the order of `keys`; `leading` are the same rows in the order of `index`, which has the first field.

    `matching` selects the rows, and those of a value are looked up with it. These are sorted by MongoDB, so the cost
    grows with their number.
    """

    keys: IndexKeys
    leading: SortedRows
    index: IndexKeys
    matching: BsonDict

    async def find_first(self, limit: int, shape: BsonDict | None) -> list[BsonDict]:
        """Return the first rows."""
        return await self.find_by_ids(await self.find_ids(0, limit, None), shape)

    async def find_after(
        self, value: Any, beyond: tuple[BsonDict, BsonDict], limit: int, shape: BsonDict | None
    ) -> list[BsonDict]:
        """Return the rows beyond a row: those with its `value` meet the first filter, those after them the second."""
        ids = await self._ties(value, beyond[0]).find_ids(0, limit, None)
        if len(ids) < limit:
            following = replace(self, leading=replace(self.leading, matching=beyond[1], hint=None))
            ids += await following.find_ids(0, limit - len(ids), None)
        return await self.find_by_ids(ids, shape)

    async def find_ids(self, skip: int, limit: int, total: int | None) -> list[Any]:
        """Return the ids of `limit` rows after the first `skip`, in any order.

        They are read from the end if it is nearer by `total`.
        """
        groups = self._groups(await self.leading.find_keys(skip, limit, total))
        if len(groups) < 2:
            from_end = total is not None and skip > total // 2
            return await self._find_within(groups[0], skip, from_end) if groups else []
        (first, tail), *middle, (last, head) = groups
        before = await self._find_last(first, 0, len(tail))
        after = await self._ties(last).find_ids(0, len(head), None)
        return [*before, *(id for _, ids in middle for id in ids), *after]

    async def find_by_ids(self, ids: list[Any], shape: BsonDict | None) -> list[BsonDict]:
        """Return the rows with these ids that still meet the filter, in order."""
        rows = await self.leading.find_by_ids(ids, shape)
        for path, direction in reversed(self.keys):
            _sort_by(rows, path, direction)
        return rows

    async def _find_within(self, group: Group, skip: int, from_end: bool) -> list[Any]:
        # the rows that have the value may begin before the page and end after it
        value, ids = group
        before, after = ("$lt", "$gt") if self.leading.keys[0][1] == 1 else ("$gt", "$lt")
        if from_end:
            return await self._find_last(value, await self._count(value, {"_id": {after: ids[-1]}}), len(ids))
        skipped = await self._count(value, {"_id": {before: ids[0]}}) if skip else 0
        return await self._ties(value).find_ids(skipped, len(ids), None)

    async def _find_last(self, value: Any, skip: int, limit: int) -> list[Any]:
        ties = self._ties(value)
        backwards = [(path, -direction) for path, direction in ties.keys]
        return await replace(ties, keys=backwards).find_ids(skip, limit, None)

    async def _count(self, value: Any, where: BsonDict) -> int:
        ties = self._ties(value, where)
        count: int = await ties.rows.count_documents(ties.matching, session=ties.session, hint=self.index)
        return count

    def _ties(self, value: Any, where: BsonDict | None = None) -> SortedRows:
        equal = {"$and": [self.matching, {self.keys[0][0]: value}, where or {}]}
        return replace(self.leading, matching=equal, keys=self.keys[1:], hint=self.index)

    def _groups(self, rows: list[BsonDict]) -> list[Group]:
        path = self.keys[0][0]
        return [
            (value, [row["_id"] for row in ties]) for value, ties in groupby(rows, key=lambda row: value_at(row, path))
        ]


def _sort_by(rows: list[BsonDict], path: str, direction: int) -> None:
    def key(row: BsonDict) -> tuple[bool, Any]:
        value = value_at(row, path)
        return value is not None, value  # absent ones come first, as MongoDB sorts them

    rows.sort(key=key, reverse=direction == -1)
