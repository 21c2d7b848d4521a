"""Whom a notification reaches: live users by id, login, group and role, a page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.conditions import fold
from models.store import Row, Store
from models.users import LIVE

CHUNK = 100  # values of one index scan: MongoDB merges up to 200 sorted scans, beyond that it would sort everything
_SHOWN = {"username": 1, "email": 1, "telephone": 1, "accounts": 1}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom to reach: the users of these ids, of these login identifiers, in these groups, with these roles."""

    user_ids: Sequence[int] = ()
    logins: Sequence[str] = ()
    group_ids: Sequence[int] = ()
    role_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """A page: its live users by ascending id, the asked ids that nobody has, and the last id where more follows."""

    rows: list[Row]
    unknown: list[int]
    next: int | None


class Recipients:
    """Reads users for notification pipelines.

    A page costs the same wherever it lies: each group and role is an index scan that begins behind the last id and
    ends after a page; nothing is counted, sorted or kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._users = store.collection("users")

    async def page(self, audience: Audience, after: int, size: int) -> Reached:
        """At most `size` users with ids above `after`."""
        ids = {id for id in audience.user_ids if id > after}
        ids |= {id for id in (await self.known(audience.logins)).values() if id > after}
        roles = await self.live("roles", audience.role_ids)
        groups = {*await self.live("groups", audience.group_ids), *await self._holding(roles)}
        for field, values in (("role_ids", roles), ("group_ids", sorted(groups))):
            for start in range(0, len(values), CHUNK):
                ids |= await self._linked(field, values[start : start + CHUNK], after, size + 1)
                ids = {*sorted(ids)[: size + 1]}
        wanted = sorted(ids)[:size]
        rows = await self._shown(wanted)
        unknown = sorted({*wanted} & {*audience.user_ids} - {row["_id"] for row in rows})
        return Reached(rows, unknown, wanted[-1] if len(ids) > size else None)

    async def known(self, logins: Iterable[str]) -> dict[str, int]:
        """The live users' ids by login identifier as given; those that nobody has are left out."""
        asked = {login: fold(login) for login in logins}
        if not asked:
            return {}
        rows = self._users.find({"logins": {"$in": [*asked.values()]}}, {"logins": 1})
        ids = {login: row["_id"] async for row in rows for login in row["logins"]}
        return {login: ids[folded] for login, folded in asked.items() if folded in ids}

    async def live(self, collection: str, ids: Sequence[int]) -> list[int]:
        """Which of the roles or groups are there and not deleted, by ascending id."""
        return await self._ids(collection, {"_id": {"$in": [*ids]}, "status": {"$ne": -1}}) if ids else []

    async def _holding(self, roles: list[int]) -> list[int]:
        return await self._ids("groups", {"role_ids": {"$in": roles}, "status": {"$ne": -1}}) if roles else []

    async def _ids(self, collection: str, wanted: Row) -> list[int]:
        rows = self._store.collection(collection).find(wanted, {"_id": 1})
        return sorted([row["_id"] async for row in rows])

    async def _linked(self, field: str, values: list[int], after: int, limit: int) -> set[int]:
        wanted = {field: {"$in": values}, "_id": {"$gt": after}}
        rows: Any = self._users.find(wanted, {"_id": 1}).sort("_id", 1).limit(limit).hint(f"{field}_1__id_1")
        return {row["_id"] async for row in rows}

    async def _shown(self, ids: list[int]) -> list[Row]:
        rows: list[Row] = (
            await self._users.find({"_id": {"$in": ids}, "status": LIVE}, _SHOWN).sort("_id", 1).to_list(None)
        )
        return rows
