"""Deletion of rows with the rows that they own and the links to them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from models.apps import AppRepository
from models.coded import CodedDocument, CodedRepository
from models.groups import GroupRepository
from models.resource_types import ResourceTypeRepository
from models.resources import ResourceRepository
from models.roles import RoleRepository
from models.store.client import Store
from models.store.document import now
from models.store.driver_errors import translate_errors
from models.store.last_revisions import LastRevisions
from models.store.scope import StoreScope

LINKS_PER_STEP = 1000
ROWS_PER_STEP = 5000
CLEANUP_PERIOD = timedelta(minutes=2)  # no transaction lives longer
REPOSITORIES: dict[str, type[CodedRepository[Any]]] = {
    repository.document.noun: repository
    for repository in (RoleRepository, GroupRepository, ResourceRepository, AppRepository, ResourceTypeRepository)
}


class Cascade:
    """Delete rows, the rows that they own, and the links to all of these, in the unit's transaction.

    Links are removed at once where at most 1,000 users, groups or roles hold them. `LinkCleanup` removes the others,
    and those that a command adds at the same moment. Until then queries pass over links to deleted rows; only a user's
    plain `role_ids` and `group_ids` still show them.
    """

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self._store = store
        self._scope = scope

    async def find_dependents(self, row: CodedDocument) -> list[CodedDocument]:
        """Return all rows that are deleted with a row: itself and those that it owns."""
        return [row, *await self._find_owned(row, limit=0)]

    async def find_first_batch(self, row: CodedDocument) -> list[CodedDocument]:
        """Return the first 5,000 rows that a row owns, administrator roles first, if it owns more; else none."""
        owned = await self._find_owned(row, limit=ROWS_PER_STEP + 1)
        return owned[:ROWS_PER_STEP] if len(owned) > ROWS_PER_STEP else []

    async def _find_owned(self, row: CodedDocument, limit: int) -> list[CodedDocument]:
        session = await self._scope.session()
        owned: list[CodedDocument] = []
        for repository, field in _owned_by(row.noun):
            rows = self._store.collection(repository.collection).find({field: row.id}, session=session)
            owned += [repository.document.from_row(each) async for each in rows.sort("admin", -1).limit(limit)]
        return owned

    async def erase(self, rows: Sequence[CodedDocument]) -> None:
        """Delete rows for good, with the links to them."""
        session = await self._scope.session()
        for noun in {row.noun for row in rows}:
            ids = [row.id for row in rows if row.noun == noun]
            await REPOSITORIES[noun](self._store, self._scope).remove_all(ids)
            if REPOSITORIES[noun].id_taken:  # other nouns' ids cannot be chosen, and are never used again
                await LastRevisions(self._store, self._scope).keep([row for row in rows if row.noun == noun])
            if REPOSITORIES[noun].linked_from:
                await unlink(self._store, noun, ids, session)
                sweep = {"noun": noun, "ids": ids, "due": now(), "until": now() + CLEANUP_PERIOD}
                await self._store.collection("sweeps").insert_one(sweep, session=session)

    async def release_id(self, noun: str, id: int) -> bool:
        """Free the id of a deleted row for a new one; return False while old links to it are left."""
        session = await self._scope.session()
        await self._store.collection("sweeps").update_many(
            {"noun": noun, "ids": id}, {"$pull": {"ids": id}}, session=session
        )
        return await unlink(self._store, noun, [id], session)


class LinkCleanup:
    """Remove links to deleted rows, as the collection `sweeps` lists them; any process may take the next step."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run_once(self) -> bool:
        """Remove up to 1,000 links of each kind for the entry that is due longest; return False if none is due."""
        with translate_errors():
            async with self._store.transaction() as session:
                done = await self._run_due(session)
                if done:
                    await session.commit_transaction()
                return done

    async def _run_due(self, session: Any) -> bool:
        sweeps = self._store.collection("sweeps")
        sweep = await sweeps.find_one({"due": {"$lte": now()}}, sort=[("due", 1)], session=session)
        if sweep is None:
            return False
        key = {"_id": sweep["_id"]}
        clean = await unlink(self._store, sweep["noun"], sweep["ids"], session)
        if clean and sweep["until"] <= now():
            await sweeps.delete_one(key, session=session)
        else:
            await sweeps.update_one(key, {"$set": {"due": sweep["until"] if clean else now()}}, session=session)
        return True


async def unlink(store: Store, noun: str, ids: Sequence[int], session: Any) -> bool:
    """Remove links to rows from up to 1,000 rows of each kind; return whether none is left."""
    clean = True
    for collection, field in REPOSITORIES[noun].linked_from:
        rows = store.collection(collection)
        links = {field: {"$in": ids}}
        linked = await rows.find(links, {"_id": 1}, session=session).limit(LINKS_PER_STEP + 1).to_list(None)
        holders = {"_id": {"$in": [row["_id"] for row in linked[:LINKS_PER_STEP]]}}
        await rows.update_many(holders, {"$pull": links}, session=session)
        clean = clean and len(linked) <= LINKS_PER_STEP
    return clean


def _owned_by(noun: str) -> Iterator[tuple[type[CodedRepository[Any]], str]]:
    for repository in REPOSITORIES.values():
        for field, owner in repository.owners.items():
            if owner.document.noun == noun:
                yield repository, field
