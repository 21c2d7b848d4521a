"""Importing users in bulk: what is taken is asked once for all rows, who is new is written at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import BulkWriteError

from models.accounts import Accounts, Pair
from models.errors.accounts import AccountTaken, IntegrationNotFound
from models.errors.base import TryAgain
from models.errors.roles import GroupNotFound, RoleNotFound
from models.errors.users import UserIdTaken
from models.repository import Session
from models.store import Row, Store
from models.users import LOGINS, User, Users

DUPLICATE = 11000


def pairs(user: User) -> list[Pair]:
    """The (integration, account) pairs of a user."""
    return [(account.integration, account.account) for account in user.accounts]


@dataclass(frozen=True, slots=True)
class Linked:
    """Which of the roles, groups and integrations that the rows name are there; the integrations with their ids."""

    roles: Collection[int]
    groups: Collection[int]
    integrations: dict[str, int]

    def check(self, user: User) -> None:
        """Raise `IntegrationNotFound`, `AccountTaken` (two of one integration), `RoleNotFound` or `GroupNotFound`."""
        if not {account.integration for account in user.accounts} <= self.integrations.keys():
            raise IntegrationNotFound
        user.refuse_twice()
        if not {*user.role_ids} <= {*self.roles}:
            raise RoleNotFound
        if not {*user.group_ids} <= {*self.groups}:
            raise GroupNotFound


@dataclass(frozen=True, slots=True)
class Taken:
    """The ids, login identifiers and accounts that are spoken for; it grows with each row that is let in."""

    ids: set[int]
    logins: set[str]
    pairs: set[Pair]

    def claim(self, user: User) -> None:
        """Claim them for a user. Raises `UserIdTaken`, `AccountTaken`, or the identifier's own refusal."""
        if user.explicit and user.id in self.ids:
            raise UserIdTaken
        logins = user.logins
        for field, login in logins.items():
            if login in self.logins:
                raise LOGINS[field]
        if not self.pairs.isdisjoint(pairs(user)):
            raise AccountTaken
        self.ids.update([user.id] if user.explicit else [])
        self.logins.update(logins.values())
        self.pairs.update(pairs(user))


class Imports:
    """Looks up and writes many users in the unit's transaction."""

    def __init__(self, store: Store, session: Session) -> None:
        self._store = store
        self._session = session
        self._rows = store.collection("users")

    async def taken(self, users: Sequence[User]) -> Taken:
        """What of these users is taken by stored ones, soft-deleted users' ids and accounts included."""
        users_rows = Users(self._store, self._session)
        accounts = Accounts(self._store, self._session)
        explicit = [user.id for user in users if user.explicit]
        return Taken(
            await self._ids("users", {"_id": {"$in": explicit}, "erased_at": {"$exists": False}})
            if explicit
            else set(),
            await users_rows.taken(login for user in users for login in user.logins.values()),
            await accounts.taken(pair for user in users for pair in pairs(user)),
        )

    async def live(self, collection: str, ids: Iterable[int]) -> set[int]:
        """Which of these roles or groups are there and not deleted."""
        wanted = sorted(set(ids))
        return await self._ids(collection, {"_id": {"$in": wanted}, "status": {"$ne": -1}}) if wanted else set()

    async def add(self, users: Sequence[User]) -> None:
        """Insert users. Raises `TryAgain` where somebody took one of their identifiers meanwhile."""
        session = await self._session()
        explicit = [user.id for user in users if user.explicit]
        if explicit:
            await self._rows.delete_many({"_id": {"$in": explicit}, "erased_at": {"$exists": True}}, session=session)
        try:
            await self._rows.insert_many([user.to_row() for user in users], ordered=False, session=session)
        except BulkWriteError as error:
            raise (TryAgain if _duplicate(error.details) else error) from error

    async def _ids(self, collection: str, wanted: Row) -> set[int]:
        rows = self._store.collection(collection).find(wanted, {"_id": 1}, session=await self._session())
        return {row["_id"] async for row in rows}


def _duplicate(details: Any) -> bool:
    return any(fault.get("code") == DUPLICATE for fault in details.get("writeErrors", ()))
