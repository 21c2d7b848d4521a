"""Bulk import of users: one query finds what is taken for all rows, one insert writes them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import BulkWriteError

from models.accounts import AccountKey, AccountRepository
from models.errors.accounts import AccountTaken, IntegrationNotFound
from models.errors.base import TryAgain
from models.errors.roles import GroupNotFound, RoleNotFound
from models.errors.users import UserExternalIdTaken, UserIdTaken, UserUuidTaken
from models.login_identifiers import LOGINS, LoginKeys
from models.store.client import BsonDict, Store
from models.store.driver_errors import DUPLICATE
from models.store.scope import StoreScope
from models.store.totals import STATUS_FIELDS
from models.turns import take_turns
from models.users import User, UserRepository

CHUNK = 250  # users of one write: the loop stands still while the driver encodes them


def account_keys(user: User) -> list[AccountKey]:
    """The (integration, account) pairs of a user."""
    return [(account.integration, account.account) for account in user.accounts]


@dataclass(frozen=True, slots=True)
class ImportLinks:
    """The roles, groups and integrations (by name, with ids) that exist among those that the rows name."""

    roles: Collection[int]
    groups: Collection[int]
    integrations: dict[str, int]

    def check(self, user: User) -> None:
        """Raise `IntegrationNotFound`, `AccountTaken` (two of one integration), `RoleNotFound` or `GroupNotFound`."""
        if not {account.integration for account in user.accounts} <= self.integrations.keys():
            raise IntegrationNotFound
        user.refuse_duplicate_accounts()
        if not {*user.role_ids} <= {*self.roles}:
            raise RoleNotFound
        if not {*user.group_ids} <= {*self.groups}:
            raise GroupNotFound


@dataclass(frozen=True, slots=True)
class TakenKeys:
    """What may belong to one user alone and is taken, by stored users or by earlier rows; `logins` are keys."""

    ids: set[int]
    uuids: set[str]
    external_ids: set[str]
    logins: set[str]
    accounts: set[AccountKey]
    login_keys: LoginKeys

    def claim(self, user: User) -> None:
        """Claim those of a user.

        Raises `UserIdTaken`, `UserUuidTaken`, `UserExternalIdTaken`, `AccountTaken`, or the refusal of the identifier's
        field.
        """
        self._refuse_taken_ids(user)
        logins = self.login_keys.keys(user.identifiers)
        for field, login in logins.items():
            if login in self.logins:
                raise LOGINS[field]
        accounts = account_keys(user)
        if not self.accounts.isdisjoint(accounts):
            raise AccountTaken
        self.ids.update([user.id] if user.explicit else [])
        self.uuids.add(user.uuid)
        self.external_ids.update([user.external_id] if user.external_id else [])
        self.logins.update(logins.values())
        self.accounts.update(accounts)

    def _refuse_taken_ids(self, user: User) -> None:
        if user.explicit and user.id in self.ids:
            raise UserIdTaken
        if user.uuid in self.uuids:
            raise UserUuidTaken
        if user.external_id in self.external_ids:
            raise UserExternalIdTaken


class ImportRepository:
    """Find and insert many users in the unit's transaction."""

    def __init__(self, store: Store, scope: StoreScope, login_keys: LoginKeys) -> None:
        self._store = store
        self._scope = scope
        self._users = UserRepository(store, scope, login_keys)
        self._login_keys = login_keys

    async def find_taken(self, users: Sequence[User]) -> TakenKeys:
        """Return which keys of these users stored users have; soft-deleted ones keep all but their identifiers."""
        accounts = AccountRepository(self._store, self._scope)
        return TakenKeys(
            await self._find_ids(
                "users", [user.id for user in users if user.explicit], {"erased_at": {"$exists": False}}
            ),
            # a generated one is like no other
            await self._find_values("uuid", [user.uuid for user in users if "uuid" in user.model_fields_set]),
            await self._find_values("external_id", [user.external_id for user in users if user.external_id]),
            await self._users.find_taken(text for user in users for text in user.identifiers.values()),
            await accounts.find_taken(key for user in users for key in account_keys(user)),
            self._login_keys,
        )

    async def find_live(self, collection: str, ids: Iterable[int]) -> set[int]:
        """Return the ids of those roles or groups that are live."""
        return await self._find_ids(collection, ids, {"status": {"$ne": -1}})

    async def _find_ids(self, collection: str, ids: Iterable[int], where: BsonDict) -> set[int]:
        wanted = sorted(set(ids))
        if not wanted:
            return set()
        session = await self._scope.session()
        return {*await self._store.find_ids(collection, {"_id": {"$in": wanted}, **where}, session)}

    async def _find_values(self, field: str, values: list[str]) -> set[str]:
        if not values:
            return set()
        session = await self._scope.session()
        rows = self._users.rows.find({field: {"$in": values}}, {field: 1}, session=session)
        return {row[field] async for row in rows}

    async def make_rows(self, users: Sequence[User]) -> list[BsonDict]:
        """Return the rows of users, as `add` inserts them."""
        return [self._users.row(user) async for user in take_turns(users)]

    async def add(self, users: Sequence[User], rows: Sequence[BsonDict]) -> None:
        """Insert users, as these rows. Raises `TryAgain` if one of their identifiers has been taken meanwhile."""
        session = await self._scope.session()
        explicit = [user.id for user in users if user.explicit]
        if explicit:
            erased = {"_id": {"$in": explicit}, "erased_at": {"$exists": True}}
            await self._users.rows.delete_many(erased, session=session)
        try:
            for start in range(0, len(rows), CHUNK):
                await self._users.rows.insert_many(rows[start : start + CHUNK], ordered=False, session=session)
        except BulkWriteError as error:
            raise (TryAgain if _is_duplicate(error.details) else error) from error
        self._scope.totals.update(STATUS_FIELDS[user.status] for user in users)


def _is_duplicate(details: Any) -> bool:
    return any(fault.get("code") == DUPLICATE for fault in details.get("writeErrors", ()))
