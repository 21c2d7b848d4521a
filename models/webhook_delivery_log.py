"""Deliveries of webhooks: the events that wait for a receiver, and what became of those that were sent."""

from datetime import timedelta

from models.store.client import BsonDict, Store
from models.store.conditions import time_field
from models.store.document import now
from models.store.scope import StoreScope
from models.store.search import ResultPage, SearchSpec, find_page

KEPT = timedelta(days=14)  # after the event, or after the last redrive
REDRIVEN = 1000  # deliveries a command
SHAPE: BsonDict = {"body": 0}
FIELDS = {"created_at": time_field("created_at")}


class DeliveryRepository:
    """The log of a webhook's deliveries, in the unit's transaction."""

    collection = "webhook_deliveries"

    def __init__(self, store: Store, scope: StoreScope) -> None:
        self._rows = store.collection(self.collection)
        self._scope = scope

    async def find_page(self, webhook_id: int, state: str | None, size: int, after: str | None) -> ResultPage[BsonDict]:
        """Find a page of a webhook's deliveries, the newest first. Raises `CursorInvalid`."""
        where: BsonDict = {"webhook_id": webhook_id} | ({"state": state} if state else {})
        search = SearchSpec(FIELDS, where, sort=[("created_at", -1)], size=size, after=after, count=False, shape=SHAPE)
        return await find_page(self._rows, search)

    async def redrive(self, webhook_id: int, event_id: str | None) -> tuple[int, bool]:
        """Have the oldest 1,000 failed deliveries tried again, or one; return how many, and whether there are more."""
        session = await self._scope.session()
        where: BsonDict = {"webhook_id": webhook_id, "state": "failed"} | ({"event_id": event_id} if event_id else {})
        rows = self._rows.find(where, {"_id": 1}, session=session).sort("created_at", 1).limit(REDRIVEN + 1)
        ids = [row["_id"] async for row in rows]
        again = {"state": "waiting", "due": now(), "updated_at": now(), "expires_at": now() + KEPT, "attempts": 0}
        update = {"$set": again, "$unset": {"first_at": ""}}
        await self._rows.update_many({"_id": {"$in": ids[:REDRIVEN]}}, update, session=session)
        return len(ids[:REDRIVEN]), len(ids) > REDRIVEN
