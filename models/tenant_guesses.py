"""Wrong secrets of tenants, counted for all workers together."""

from pymongo import ReturnDocument

from models.errors.base import TryAgain
from models.lockouts import SLOWING, delay_after
from models.secrets.keys import Keys
from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_duplicate


class TenantGuesses:
    """Counts by the name that was given, whether such a tenant exists or not; MongoDB deletes old counts.

    The right secret is never refused: who knows a tenant's name could lock it out otherwise.
    """

    def __init__(self, store: Store, keys: Keys) -> None:
        self._rows = store.collection("lockouts")
        self._keys = keys

    async def record(self, name: str) -> float:
        """Count a wrong secret, outside of any transaction; return by how many seconds to delay the reply."""
        at, key = now(), {"_id": self._keys.number("lockout", f"tenant:{name}")}
        update: BsonDict = {
            "$push": {"failures": {"$each": [at], "$slice": -SLOWING.max_failures}},
            "$set": {"expires_at": at + SLOWING.window},
        }
        with translate_duplicate(TryAgain):
            row = await self._rows.find_one_and_update(key, update, upsert=True, return_document=ReturnDocument.AFTER)
        return delay_after(sum(failure > at - SLOWING.window for failure in row["failures"]))
