"""Integrations: the systems at which users have notification accounts."""

import random
from collections.abc import Iterable
from typing import Any, ClassVar

from pymongo.errors import DuplicateKeyError

from models.conditions import fold, number, text, time
from models.document import Document
from models.errors.accounts import IntegrationInUse, IntegrationNotFound, IntegrationTaken
from models.repository import Repository
from models.search import Page, Search, found_page
from models.store import Row

GATES = 64
FIELDS = {
    "id": number("id", "_id"),
    "name": text("name"),
    **{name: time(name) for name in ("created_at", "updated_at")},
}


class Integration(Document):
    """A system at which users can be notified, known by its name; `secrets` are sealed by the vault."""

    noun: ClassVar[str] = "integration"
    name: str
    secrets: list[str] = []

    def to_row(self) -> Row:
        """The stored row, with the folded name for search."""
        return super().to_row() | {"folded": {"name": fold(self.name)}}


class Integrations(Repository[Integration]):
    """The integrations' rows, each with its gates.

    Binding an account writes one of the integration's gates at random, deleting the integration removes them all. So
    the two conflict in the database and no account is left behind, while those who bind hardly ever meet.
    """

    collection: ClassVar[str] = "integrations"
    document = Integration
    missing = IntegrationNotFound

    async def get_by(self, **key: Any) -> Integration:
        """The integration with this id or name. Raises `IntegrationNotFound`."""
        found = await self.find(**key)
        if found is None:
            raise IntegrationNotFound
        return found

    async def known(self, names: Iterable[str]) -> dict[str, int]:
        """Which of the names there are, with their ids."""
        rows = self.rows.find({"name": {"$in": [*set(names)]}}, {"name": 1}, session=await self.session())
        return {row["name"]: row["_id"] async for row in rows}

    async def require(self, names: Iterable[str]) -> None:
        """Raise `IntegrationNotFound` unless every name is there; they stay until the command is committed."""
        wanted = set(names)
        if not wanted:
            return
        known = await self.known(wanted)
        if len(known) < len(wanted):
            raise IntegrationNotFound
        await self.keep(known.values())

    async def keep(self, ids: Iterable[int]) -> None:
        """Keep integrations from being deleted until the command is committed."""
        rows = self.store.collection("gates")
        for id in sorted(ids):
            gate = {"_id": f"{id}.{random.randrange(GATES)}"}
            outcome = await rows.update_one(gate, {"$inc": {"passed": 1}}, session=await self.session())
            if not outcome.matched_count:
                raise IntegrationNotFound

    async def add(self, integration: Integration) -> None:
        """Insert an integration with its gates. Raises `IntegrationTaken`."""
        try:
            await super().add(integration)
        except DuplicateKeyError as error:
            raise IntegrationTaken from error
        await self.store.collection("gates").insert_many(gates(integration.id), session=await self.session())

    async def refuse_used(self, integration: Integration) -> None:
        """Raise `IntegrationInUse` while anybody, soft-deleted or not, has an account of it."""
        used = {"accounts.integration": integration.name, "accounts.account": {"$exists": True}}
        if await self.store.collection("users").find_one(used, {"_id": 1}, session=await self.session()):
            raise IntegrationInUse

    async def remove(self, id: int) -> None:
        """Delete an integration with its gates."""
        wanted = {"_id": {"$in": [gate["_id"] for gate in gates(id)]}}
        await self.store.collection("gates").delete_many(wanted, session=await self.session())
        await super().remove(id)

    async def page(self, search: Search) -> Page[Integration]:
        """A page of the integrations that meet the search."""
        page = await found_page(self.rows, search, await self.session())
        return Page([Integration.from_row(row) for row in page.items], page.total, page.next)


def gates(id: int) -> list[Row]:
    """The rows of an integration's gates."""
    return [{"_id": f"{id}.{number}", "passed": 0} for number in range(GATES)]
