"""Replies about an erased user from commands that were in flight at its erasure, and were written after it."""

from datetime import timedelta
from typing import Any

from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_errors
from models.store.journal import forget_subject

IN_FLIGHT = timedelta(minutes=2)  # no command runs longer
DUE = "forget_at"


class LateReplies:
    """Clears the journal's entries about erased users once more; any process may take the next step.

    A command that reads a user and does not write it, as a sign-in, does not conflict with the erasure.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._erased = store.collection("erased")

    async def schedule(self, subject: str, session: Any) -> None:
        """Have the entries about a subject cleared again, after its last revision has been kept."""
        await self._erased.update_one({"_id": subject}, {"$set": {DUE: now() + IN_FLIGHT}}, session=session)

    async def run_once(self) -> bool:
        """Clear the entries about the user that is due longest; return False if none is due."""
        with translate_errors():
            async with self._store.transaction() as session:
                found = await self._erased.find_one({DUE: {"$lte": now()}}, sort=[(DUE, 1)], session=session)
                if found is None:
                    return False
                await self._clear(found, session)
                await session.commit_transaction()
        return True

    async def _clear(self, erased: BsonDict, session: Any) -> None:
        subject = str(erased["_id"])
        await self._erased.update_one({"_id": subject}, {"$unset": {DUE: ""}}, session=session)
        again = {"_id": int(subject.rpartition("/")[2]), "erased_at": {"$exists": False}}
        if await self._store.collection("users").find_one(again, {"_id": 1}, session=session):
            return  # the id has been chosen again: the entries are a new user's
        await forget_subject(self._store, subject, session)
