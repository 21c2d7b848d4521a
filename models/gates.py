"""Gates: who adds something to a row passes one of them, who deletes the row takes all, so that the two conflict."""

from collections.abc import Iterable

from models.repository import Session
from models.store import Row, Store

GATES = 64


def gates(subject: str) -> list[Row]:
    """The rows of a subject's gates."""
    return [{"_id": f"{subject}/{number}", "passed": 0} for number in range(GATES)]


class Gates:
    """The gates of rows that others belong to, by the rows' subjects, for example `app/5`.

    Snapshots alone would let a role be made in an app that is being deleted. Writing the app itself would stop that
    too, but then of the roles that are made in one app at once each would wait for all others.
    """

    def __init__(self, store: Store, session: Session) -> None:
        self._rows = store.collection("gates")
        self._session = session

    async def make(self, subject: str) -> None:
        """Make the gates of a new row."""
        await self._rows.insert_many(gates(subject), session=await self._session())

    async def passed(self, subject: str, number: int) -> bool:
        """Pass a gate, another one for each of 64 consecutive numbers; False where the row is gone."""
        gate = {"_id": f"{subject}/{number % GATES}"}
        outcome = await self._rows.update_one(gate, {"$inc": {"passed": 1}}, session=await self._session())
        return bool(outcome.matched_count)

    async def remove(self, subjects: Iterable[str]) -> None:
        """Remove all gates of rows that are deleted."""
        ids = [gate["_id"] for subject in subjects for gate in gates(subject)]
        await self._rows.delete_many({"_id": {"$in": ids}}, session=await self._session())
