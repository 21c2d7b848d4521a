"""The deliveries that wait for receivers, in order per webhook and subject."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Timestamp
from pymongo.errors import BulkWriteError

from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import DUPLICATE, translate_errors
from models.store.journal import OutboxEvent
from models.webhook_delivery_log import KEPT, DeliveryRepository
from models.webhooks import Webhook

CLAIM = timedelta(seconds=60)  # longer than any attempt: then another worker tries again what a dead one has claimed
LOOK_AHEAD = 200  # due deliveries among which different subjects are looked for
UNSET = Timestamp(0, 0)  # MongoDB replaces it with its own timestamp, which grows with every write


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """The first delivery of a subject that waits; `attempts` counts the one that is about to be made."""

    key: str
    event_id: str
    event: str
    body: str
    attempts: int
    first_at: datetime


class DeliveryQueue:
    """What waits for each webhook; any process may claim the first deliveries of subjects and try them.

    A subject's later deliveries wait for the first one, other subjects' do not. An attempt is counted when it is
    claimed; what another process has claimed meanwhile cannot be settled any more.
    """

    def __init__(self, store: Store) -> None:
        self._rows = store.collection(DeliveryRepository.collection)
        self._turns: dict[int, str] = {}

    async def add(self, wanted: Sequence[tuple[Webhook, OutboxEvent]]) -> None:
        """Append deliveries in this order; those of an event that is there already are left as they are."""
        rows = {f"{webhook.id}/{event.id}": _new_row(webhook, event) for webhook, event in wanted}
        with translate_errors():
            while new := await self._find_unknown(rows):
                try:
                    await self._rows.insert_many(new, ordered=True)
                    return
                except BulkWriteError as error:  # another process was faster: the rest comes after
                    if any(each["code"] != DUPLICATE for each in error.details["writeErrors"]):
                        raise

    async def _find_unknown(self, rows: dict[str, BsonDict]) -> list[BsonDict]:
        found = self._rows.find({"_id": {"$in": [*rows]}}, {"_id": 1})
        known = {row["_id"] async for row in found}
        return [{"_id": key, **row} for key, row in rows.items() if key not in known]

    async def claim(self, webhook_id: int, limit: int) -> list[WaitingDelivery]:
        """Claim the first deliveries of up to so many subjects, of those that are due."""
        with translate_errors():
            due = {"webhook_id": webhook_id, "due": {"$lte": now()}}
            rows = self._rows.find(due, {"subject": 1}).sort("due", 1).limit(LOOK_AHEAD)
            subjects = [row["subject"] async for row in rows]
            claimed = await self._claim_each(webhook_id, dict.fromkeys(subjects), limit)
            if len(subjects) == LOOK_AHEAD and len(claimed) < limit:  # a few with long backlogs hide the others
                others = await self._take_turns(webhook_id, limit - len(claimed))
                claimed += await self._claim_each(webhook_id, others, limit - len(claimed))
            return claimed

    async def _claim_each(self, webhook_id: int, subjects: Iterable[str], limit: int) -> list[WaitingDelivery]:
        claimed: list[WaitingDelivery] = []
        for subject in subjects:
            if len(claimed) == limit:
                break
            if delivery := await self._claim_first(webhook_id, subject):  # else it waits, or another process has it
                claimed.append(delivery)
        return claimed

    async def _take_turns(self, webhook_id: int, count: int) -> list[str]:
        """The next subjects of which something waits, from where the last call has ended."""
        found: list[str] = []
        for _ in range(count):
            following = {"subject": {"$gt": self._turns.pop(webhook_id, "")}, "body": {"$exists": True}}
            where = {"webhook_id": webhook_id, "state": "waiting", **following}
            row = await self._rows.find_one(where, {"subject": 1}, sort=[("subject", 1)])
            if row is None:
                break
            self._turns[webhook_id] = row["subject"]
            found.append(row["subject"])
        return found

    async def _claim_first(self, webhook_id: int, subject: str) -> WaitingDelivery | None:
        moment = now()
        lane: BsonDict = {"subject": subject, "webhook_id": webhook_id, "body": {"$exists": True}}
        first = await self._rows.find_one({**lane, "state": "waiting"}, sort=[("order", 1)])
        if first is None or first.get("claimed_until", moment) > moment:
            return None
        if first["due"] > moment:  # what follows is due with it, not before
            await self._rows.update_many({**lane, "due": {"$lt": first["due"]}}, {"$set": {"due": first["due"]}})
            return None
        tried = {"attempts": first["attempts"] + 1, "first_at": first.get("first_at", moment)}
        claim = {"$set": {**tried, "claimed_until": moment + CLAIM, "updated_at": moment}}
        unclaimed = {"_id": first["_id"], "state": "waiting", "attempts": first["attempts"], "due": first["due"]}
        outcome = await self._rows.update_one(unclaimed, claim)
        if not outcome.matched_count:
            return None
        return WaitingDelivery(first["_id"], first["event_id"], first["event"], first["body"], **tried)

    async def settle(self, delivery: WaitingDelivery, outcome: str) -> None:
        """Record that the receiver has taken a delivery; of the event nothing but the log is left."""
        await self._end(delivery, {"state": "delivered", "outcome": outcome}, "due", "body")

    async def give_up(self, delivery: WaitingDelivery, outcome: str) -> None:
        """Record that a delivery has failed for good; the event stays, to be redriven."""
        await self._end(delivery, {"state": "failed", "outcome": outcome}, "due")

    async def retry(self, delivery: WaitingDelivery, outcome: str, seconds: float) -> None:
        """Have a delivery tried again after so many seconds."""
        await self._end(delivery, {"due": now() + timedelta(seconds=seconds), "outcome": outcome})

    async def has_taken_since(self, webhook_id: int, moment: datetime) -> bool:
        """Whether the receiver has taken anything since then."""
        taken = {"webhook_id": webhook_id, "state": "delivered", "updated_at": {"$gte": moment}}
        with translate_errors():
            return await self._rows.find_one(taken, {"_id": 1}, sort=[("created_at", -1)]) is not None

    async def _end(self, delivery: WaitingDelivery, fields: BsonDict, *gone: str) -> None:
        claim = {"_id": delivery.key, "state": "waiting", "attempts": delivery.attempts}
        update = {"$set": {**fields, "updated_at": now()}, "$unset": dict.fromkeys(("claimed_until", *gone), "")}
        with translate_errors():
            await self._rows.update_one(claim, update)

    async def forget(self, subjects: Iterable[str]) -> None:
        """Delete what is stored of these subjects' events, as for an erased user."""
        await self._delete({"subject": {"$in": [*subjects]}, "body": {"$exists": True}})

    async def remove(self, webhook_id: int) -> None:
        """Delete all deliveries of a webhook."""
        await self._delete({"webhook_id": webhook_id})

    async def _delete(self, where: Any) -> None:
        with translate_errors():
            await self._rows.delete_many(where)


def _new_row(webhook: Webhook, event: OutboxEvent) -> BsonDict:
    about = {"event_id": event.id, "event": event.name, "subject": event.subject, "sequence": event.sequence}
    times = {"due": now(), "created_at": now(), "updated_at": now(), "expires_at": now() + KEPT}
    state = {"state": "waiting", "attempts": 0, "outcome": None, "order": UNSET, "body": event.body}
    return {"webhook_id": webhook.id, **about, **state, **times}
