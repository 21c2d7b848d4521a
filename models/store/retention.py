"""How long the journal remembers: replies for as long as repeats may come, who asked what for longer."""

from datetime import timedelta

from models.document import now
from models.store import Row, Store, translated

BATCH = 1000
INBOX: Row = {"reply": "", "digest": "", "form": ""}


class Retention:
    """Takes replies out of entries older than `days`; what is left of them stays until it expires."""

    def __init__(self, store: Store, days: int) -> None:
        self._rows = store.collection("journal")
        self._days = timedelta(days=days)

    async def step(self) -> bool:
        """Take the replies out of up to 1,000 entries; whether there may be more. Unsent events are waited for."""
        old: Row = {"reply": {"$exists": True}, "at": {"$lt": now() - self._days}, "pending": {"$exists": False}}
        with translated():
            found = await self._rows.find(old, {"_id": 1}).limit(BATCH).to_list(None)
            if found:
                await self._rows.update_many({"_id": {"$in": [row["_id"] for row in found]}}, {"$unset": INBOX})
        return len(found) == BATCH
