"""A descending order with ascending ids among equals, read backwards from an index in which both ascend.

So one index serves both directions of a field, though ties are by ascending id in either. Equal values have the same
places in both orders; only the rows among them are the other way round.
"""

from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any

from models.store.client import BsonDict
from models.store.indexes import IndexKeys
from models.store.numbered_pages import SortedRows

Group = tuple[Any, list[Any]]
"""A value and the ids of neighbouring rows that have it, descending."""


def mirrored_keys(keys: IndexKeys) -> IndexKeys | None:
    """The order with its ties reversed, for a descending order by one field; else None."""
    if len(keys) == 2 and keys[0][1] == -1 and keys[1] == ("_id", 1):
        return [keys[0], ("_id", -1)]
    return None


def value_at(row: BsonDict, path: str) -> Any:
    """The value at a path with dots, None if there is none."""
    value: Any = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True, slots=True)
class MirroredRows:
    """Rows in descending order by one field; `backwards` are the same rows in the order of `index`, read backwards.

    `matching` selects the rows, and those of a value are looked up with it.
    """

    backwards: SortedRows
    index: IndexKeys
    matching: BsonDict

    async def find_first(self, limit: int, shape: BsonDict | None) -> list[BsonDict]:
        """Return the first rows."""
        return await self.find_by_ids(await self.find_ids(0, limit, None), shape)

    async def find_after(
        self, last: tuple[Any, Any], beyond: BsonDict, limit: int, shape: BsonDict | None
    ) -> list[BsonDict]:
        """Return the rows after the one with the value and the id `last`; those of smaller values meet `beyond`."""
        value, id = last
        ids = await self._ties(value, {"_id": {"$gt": id}}).find_ids(0, limit, None)
        if len(ids) < limit:
            smaller = replace(self, backwards=replace(self.backwards, matching=beyond, hint=None))
            ids += await smaller.find_ids(0, limit - len(ids), None)
        return await self.find_by_ids(ids, shape)

    async def find_ids(self, skip: int, limit: int, total: int | None) -> list[Any]:
        """Return the ids of `limit` rows after the first `skip`, read from the end if it is nearer by `total`."""
        groups = self._groups(await self.backwards.find_keys(skip, limit, total))
        if len(groups) < 2:
            from_end = total is not None and skip > total // 2
            return await self._find_within(groups[0], skip, from_end) if groups else []
        (first, tail), *middle, (last, head) = groups
        before = await self._find_last(first, 0, len(tail))
        after = await self._ties(last).find_ids(0, len(head), None)
        return [*before, *chain.from_iterable(ids[::-1] for _, ids in middle), *after]

    async def find_by_ids(self, ids: list[Any], shape: BsonDict | None) -> list[BsonDict]:
        """Return the rows with these ids that still meet the filter, in the order of the ids."""
        return await self.backwards.find_by_ids(ids, shape)

    async def _find_within(self, group: Group, skip: int, from_end: bool) -> list[Any]:
        # the rows that have the value may begin before the page and end after it
        value, ids = group
        if from_end:
            return await self._find_last(value, await self._count(value, {"_id": {"$lt": ids[-1]}}), len(ids))
        before = await self._count(value, {"_id": {"$gt": ids[0]}}) if skip else 0
        return await self._ties(value).find_ids(before, len(ids), None)

    async def _find_last(self, value: Any, skip: int, limit: int) -> list[Any]:
        ids = await replace(self._ties(value), keys=[("_id", -1)]).find_ids(skip, limit, None)
        return ids[::-1]

    async def _count(self, value: Any, where: BsonDict) -> int:
        ties = self._ties(value, where)
        count: int = await ties.rows.count_documents(ties.matching, session=ties.session, hint=self.index)
        return count

    def _ties(self, value: Any, where: BsonDict | None = None) -> SortedRows:
        equal = {"$and": [self.matching, {self.backwards.keys[0][0]: value, **(where or {})}]}
        return replace(self.backwards, matching=equal, keys=[("_id", 1)], hint=self.index)

    def _groups(self, rows: list[BsonDict]) -> list[Group]:
        path = self.backwards.keys[0][0]
        return [
            (value, [row["_id"] for row in ties]) for value, ties in groupby(rows, key=lambda row: value_at(row, path))
        ]
