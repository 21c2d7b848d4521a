"""Recipients of notifications: live users by id, login, group and role, a page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from models.login_identifiers import LoginKeys
from models.store.client import BsonDict, Store
from models.users import LIVE

CHUNK = 100  # values per query: MongoDB merges up to 200 sorted index scans, and sorts everything beyond that
_PROJECTION = {"username": 1, "email": 1, "telephone": 1, "accounts": 1}


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is notified: users with these ids or login identifiers, in these groups, with these roles."""

    user_ids: Sequence[int] = ()
    logins: Sequence[str] = ()
    group_ids: Sequence[int] = ()
    role_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """A page: live users by ascending id, requested ids that no user has, and the last id if more follow."""

    rows: list[BsonDict]
    unknown: list[int]
    next: int | None


class RecipientRepository:
    """Read users for notifications, outside of any transaction.

    Every page costs the same: each group and role is an index scan that starts after the last id and ends with the
    page; nothing is counted or sorted.
    """

    def __init__(self, store: Store, login_keys: LoginKeys) -> None:
        self._store = store
        self._keys = login_keys
        self._users = store.collection("users")

    async def find_page(self, audience: Audience, after: int, size: int) -> RecipientPage:
        """Return at most `size` users with ids above `after`."""
        ids = {id for id in audience.user_ids if id > after}
        ids |= {id for id in (await self.find_user_ids(audience.logins)).values() if id > after}
        roles = await self.find_live("roles", audience.role_ids)
        groups = {*await self.find_live("groups", audience.group_ids), *await self._find_groups_holding(roles)}
        for field, values in (("role_ids", roles), ("group_ids", sorted(groups))):
            for start in range(0, len(values), CHUNK):
                ids |= await self._find_linked(field, values[start : start + CHUNK], after, size + 1)
                ids = {*sorted(ids)[: size + 1]}
        page_ids = sorted(ids)[:size]
        rows = await self._find_live_users(page_ids)
        unknown = sorted({*page_ids} & {*audience.user_ids} - {row["_id"] for row in rows})
        return RecipientPage(rows, unknown, page_ids[-1] if len(ids) > size else None)

    async def find_user_ids(self, logins: Iterable[str]) -> dict[str, int]:
        """Return the ids of live users by the login identifiers as given, without those that no user has."""
        forms = {login: self._keys.forms(login) for login in logins}
        if not forms:
            return {}
        rows = self._users.find({"logins": {"$in": sorted({*chain.from_iterable(forms.values())})}}, {"logins": 1})
        ids = {login: row["_id"] async for row in rows for login in row["logins"]}
        found = {login: next((ids[form] for form in spelt if form in ids), None) for login, spelt in forms.items()}
        return {login: id for login, id in found.items() if id is not None}

    async def find_live(self, collection: str, ids: Sequence[int]) -> list[int]:
        """Return the ids of those roles or groups that are live, ascending."""
        return await self._store.find_ids(collection, {"_id": {"$in": [*ids]}, "status": {"$ne": -1}}) if ids else []

    async def _find_groups_holding(self, roles: list[int]) -> list[int]:
        where = {"role_ids": {"$in": roles}, "status": {"$ne": -1}}
        return await self._store.find_ids("groups", where) if roles else []

    async def _find_linked(self, field: str, values: list[int], after: int, limit: int) -> set[int]:
        where = {field: {"$in": values}, "_id": {"$gt": after}}
        rows: Any = self._users.find(where, {"_id": 1}).sort("_id", 1).limit(limit).hint(f"{field}_1__id_1")
        return {row["_id"] async for row in rows}

    async def _find_live_users(self, ids: list[int]) -> list[BsonDict]:
        rows: list[BsonDict] = (
            await self._users.find({"_id": {"$in": ids}, "status": LIVE}, _PROJECTION).sort("_id", 1).to_list(None)
        )
        return rows
