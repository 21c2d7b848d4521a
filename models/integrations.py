"""Integrations: the systems at which users have notification accounts."""

import random
from collections.abc import Iterable
from typing import Any, ClassVar

from models.errors.accounts import IntegrationInUse, IntegrationNotFound, IntegrationTaken
from models.store.client import BsonDict
from models.store.conditions import fold, number_field, text_field, time_field
from models.store.document import Document
from models.store.driver_errors import translate_duplicate
from models.store.lock_rows import COUNT, LockRows
from models.store.repository import Repository

FIELDS = {
    "id": number_field("id", "_id"),
    "name": text_field("name"),
    **{name: time_field(name) for name in ("created_at", "updated_at")},
}


class Integration(Document):
    """A system at which users can be notified, identified by its name; the vault encrypts its `secrets`."""

    noun: ClassVar[str] = "integration"
    name: str
    secrets: list[str] = []

    def to_row(self) -> BsonDict:
        """Return the stored row, with the case-folded name for search."""
        return super().to_row() | {"folded": {"name": fold(self.name)}}


class IntegrationRepository(Repository[Integration]):
    """The integrations, each with lock rows, so that none is deleted while an account is bound to it."""

    collection: ClassVar[str] = "integrations"
    document = Integration
    not_found = IntegrationNotFound

    async def get_by(self, **key: Any) -> Integration:
        """Return the integration with this id or name. Raises `IntegrationNotFound`."""
        found = await self.find(**key)
        if found is None:
            raise IntegrationNotFound
        return found

    async def find_ids(self, names: Iterable[str]) -> dict[str, int]:
        """Return the ids of the integrations that have one of these names, by name."""
        session = await self.scope.read_session(self.collection)
        rows = self.rows.find({"name": {"$in": [*set(names)]}}, {"name": 1}, session=session)
        return {row["name"]: row["_id"] async for row in rows}

    async def require(self, names: Iterable[str]) -> None:
        """Lock the integrations of these names. Raises `IntegrationNotFound` unless all exist."""
        wanted = set(names)
        if not wanted:
            return
        ids = await self.find_ids(wanted)
        if len(ids) < len(wanted):
            raise IntegrationNotFound
        await self.lock(ids.values())

    async def lock(self, ids: Iterable[int]) -> None:
        """Keep integrations from being deleted until the command is committed. Raises `IntegrationNotFound`."""
        lock_rows = LockRows(self.store, self.scope)
        for id in sorted(ids):
            if not await lock_rows.lock(_lock_prefix(id), random.randrange(COUNT)):
                raise IntegrationNotFound

    async def add(self, integration: Integration) -> None:
        """Insert an integration with its lock rows. Raises `IntegrationTaken`."""
        with translate_duplicate(IntegrationTaken):
            await super().add(integration)
        await LockRows(self.store, self.scope).create(_lock_prefix(integration.id))

    async def refuse_used(self, integration: Integration) -> None:
        """Raise `IntegrationInUse` if a user, soft-deleted or not, has an account at the integration."""
        used = {"accounts.integration": integration.name, "accounts.account": {"$exists": True}}
        if await self.store.collection("users").find_one(used, {"_id": 1}, session=await self.session()):
            raise IntegrationInUse

    async def remove(self, id: int) -> None:
        """Delete an integration with its lock rows."""
        await LockRows(self.store, self.scope).remove([_lock_prefix(id)])
        await super().remove(id)


def _lock_prefix(id: int) -> str:
    return f"{id}."
