"""Users whose number is kept: every change of a status is added to the totals, and lists read them."""

from dataclasses import replace
from typing import Any

from models.login_identifiers import LoginKeys
from models.store.client import Store
from models.store.scope import StoreScope
from models.store.search import ResultPage, SearchSpec
from models.store.totals import STATUS_FIELDS, read_total
from models.users import User, UserRepository


class CountedUserRepository(UserRepository):
    """The users, with their totals by status."""

    def __init__(self, store: Store, scope: StoreScope, login_keys: LoginKeys) -> None:
        super().__init__(store, scope, login_keys)
        self._stored: dict[int, int] = {}  # the status of each user as it was read

    async def search(self, search: SearchSpec) -> ResultPage[User]:
        """Return a page of the users; without conditions its total is read and not counted."""
        if search.count and not search.where:
            search = replace(search, total=await read_total(self.store, search.base["status"]["$in"]))
        return await super().search(search)

    async def find(self, **keys: Any) -> User | None:
        """Return what `UserRepository.find` does."""
        return self._remember(await super().find(**keys))

    async def find_any(self, **keys: Any) -> User | None:
        """Return what `UserRepository.find_any` does."""
        return self._remember(await super().find_any(**keys))

    async def add(self, user: User) -> None:
        """Insert a user. Raises what `UserRepository.add` does."""
        await super().add(user)
        self._add(user.status, 1)
        self._remember(user)

    async def save(self, user: User) -> None:
        """Replace a user that was found. Raises what `UserRepository.save` does."""
        await super().save(user)
        if self._stored[user.id] != user.status:
            self._add(self._stored[user.id], -1)
            self._add(user.status, 1)
            self._remember(user)

    async def erase(self, user: User) -> None:
        """Delete a user that was found."""
        await super().erase(user)
        self._add(self._stored.pop(user.id), -1)

    def _remember(self, user: User | None) -> User | None:
        if user is not None:
            self._stored[user.id] = user.status
        return user

    def _add(self, status: int, change: int) -> None:
        self.scope.totals[STATUS_FIELDS[status]] += change
