"""ReplyRetention of the journal: replies are dropped before the audit trail."""

from datetime import timedelta

from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_errors
from models.store.journal import REPLY_FIELDS

BATCH = 1000


class ReplyRetention:
    """Drop the replies of entries older than `days`; the rest of an entry stays until it expires."""

    def __init__(self, store: Store, days: int) -> None:
        self._rows = store.collection("journal")
        self._days = timedelta(days=days)

    async def run_once(self) -> bool:
        """Drop the replies of up to 1,000 entries without unsent events; return whether there may be more."""
        old: BsonDict = {"reply": {"$exists": True}, "at": {"$lt": now() - self._days}, "pending": {"$exists": False}}
        with translate_errors():
            found = await self._rows.find(old, {"_id": 1}).limit(BATCH).to_list(None)
            if found:
                await self._rows.update_many({"_id": {"$in": [row["_id"] for row in found]}}, {"$unset": REPLY_FIELDS})
        return len(found) == BATCH
