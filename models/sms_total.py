"""The number of codes that all clients together have requested in a day, counted for all workers together."""

from datetime import datetime, time, timedelta

from pymongo import ReturnDocument

from models.errors.sms import SmsTooMany
from models.sms_addresses import retry_after
from models.store.client import BsonDict, Store

DAY = timedelta(days=1)


class TotalLimit:
    """Count all sends: at most `limit` in a UTC day, 0 for no limit."""

    def __init__(self, store: Store, limit: int) -> None:
        self._rows = store.collection("addresses")  # whose rows expire
        self._limit = limit

    async def record_send(self, at: datetime) -> None:
        """Count a send, also one that is refused: `release` it then. Raises `SmsTooMany`."""
        if not self._limit:
            return
        tomorrow = datetime.combine(at.date(), time.min, at.tzinfo) + DAY
        change = {"$inc": {"count": 1}, "$setOnInsert": {"expires_at": tomorrow + DAY}}
        row = await self._rows.find_one_and_update(
            _filter(at), change, upsert=True, return_document=ReturnDocument.AFTER
        )
        if row["count"] > self._limit:
            text = "no more codes are sent today (USERBUS_SMS_PER_DAY): try again after `retry_after` seconds"
            raise SmsTooMany(text, retry_after(tomorrow - at))

    async def release(self, at: datetime) -> None:
        """Take back a send that was counted."""
        if self._limit:
            await self._rows.update_one(_filter(at), {"$inc": {"count": -1}})


async def count_sends(store: Store, at: datetime) -> int:
    """Return how many sends were counted in that UTC day."""
    row = await store.collection("addresses").find_one(_filter(at))
    return int(row["count"]) if row else 0


def _filter(at: datetime) -> BsonDict:
    return {"_id": f"all on {at.date()}"}
