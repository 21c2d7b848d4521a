"""Deleting rows for good: what falls with them, and the links to them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from models.document import now
from models.gates import Gates
from models.groups import Groups
from models.repository import Session
from models.resources import Resources
from models.roles import Roles
from models.rows import Coded, CodedRows
from models.store import Store, translated

BATCH = 1000
CROWD = 5000
LINGER = timedelta(minutes=2)  # no transaction lives longer
LINKS = {
    "group": (("users", "group_ids"),),
    "role": (("users", "role_ids"), ("groups", "role_ids")),
    "resource": (("roles", "resource_ids"),),
}
FALLING: dict[str, tuple[tuple[type[CodedRows[Any]], str], ...]] = {
    "app": ((Roles, "app_id"), (Groups, "app_id"), (Resources, "app_id")),
    "resource_type": ((Resources, "resource_type_id"),),
}


class Erasure:
    """Removes rows, what belongs to them, and the links to them, in the unit's transaction.

    Links go with the rows where at most 1,000 rows of a kind (users, groups, roles) hold them. The others are left to
    `Sweeps`, as are links made by a command that ran at the same moment. Nothing shows them meanwhile: every query
    passes over a link to a row that is gone, only a user's plain `role_ids` and `group_ids` hold it until it is swept.
    """

    def __init__(self, store: Store, session: Session) -> None:
        self._store = store
        self._session = session

    async def falling(self, row: Coded) -> list[Coded]:
        """What is deleted with a row: itself and what belongs to it."""
        return [row, *await self._children(row, limit=0)]

    async def crowd(self, row: Coded) -> list[Coded]:
        """The first 5,000 rows that belong to a row, administrator roles first, where there are more; else none."""
        children = await self._children(row, limit=CROWD + 1)
        return children[:CROWD] if len(children) > CROWD else []

    async def _children(self, row: Coded, limit: int) -> list[Coded]:
        session = await self._session()
        children: list[Coded] = []
        for repository, key in FALLING.get(row.noun, ()):
            found = self._store.collection(repository.collection).find({key: row.id}, session=session)
            children += [repository.document.from_row(each) async for each in found.sort("admin", -1).limit(limit)]
        return children

    async def erase(self, rows: Sequence[Coded]) -> None:
        """Delete rows for good, with the links to them."""
        session = await self._session()
        for noun in {row.noun for row in rows}:
            ids = [row.id for row in rows if row.noun == noun]
            await self._store.collection(f"{noun}s").delete_many({"_id": {"$in": ids}}, session=session)
            if noun in FALLING:
                await Gates(self._store, self._session).remove(f"{noun}/{id}" for id in ids)
            if noun in LINKS:
                await unlink(self._store, noun, ids, session)
                sweep = {"noun": noun, "ids": ids, "due": now(), "until": now() + LINGER}
                await self._store.collection("sweeps").insert_one(sweep, session=session)

    async def release(self, noun: str, id: int) -> bool:
        """Make the id of a row that is gone free for a new one; whether no old link to it is left."""
        session = await self._session()
        await self._store.collection("sweeps").update_many(
            {"noun": noun, "ids": id}, {"$pull": {"ids": id}}, session=session
        )
        return await unlink(self._store, noun, [id], session)


class Sweeps:
    """Links to deleted rows that are still to be removed; any process may take the next step."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def step(self) -> bool:
        """Remove up to 1,000 links of each kind for the sweep that is due longest; False where none is due."""
        with translated():
            async with self._store.session() as session:
                taken = await self._take(session)
                if taken:
                    await session.commit_transaction()
                return taken

    async def _take(self, session: Any) -> bool:
        sweeps = self._store.collection("sweeps")
        sweep = await sweeps.find_one({"due": {"$lte": now()}}, sort=[("due", 1)], session=session)
        if sweep is None:
            return False
        this = {"_id": sweep["_id"]}
        clean = await unlink(self._store, sweep["noun"], sweep["ids"], session)
        if clean and sweep["until"] <= now():
            await sweeps.delete_one(this, session=session)
        else:
            await sweeps.update_one(this, {"$set": {"due": sweep["until"] if clean else now()}}, session=session)
        return True


async def unlink(store: Store, noun: str, ids: Sequence[int], session: Any) -> bool:
    """Remove links to rows from up to 1,000 rows of each kind; whether none is left."""
    clean = True
    for collection, field in LINKS[noun]:
        rows = store.collection(collection)
        linked = await rows.find({field: {"$in": ids}}, {"_id": 1}, session=session).limit(BATCH + 1).to_list(None)
        holders = {"_id": {"$in": [row["_id"] for row in linked[:BATCH]]}}
        await rows.update_many(holders, {"$pull": {field: {"$in": ids}}}, session=session)
        clean = clean and len(linked) <= BATCH
    return clean
