"""Who sends the events of which lane, and how many lanes there are: one row, whose changes are atomic."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

from pymongo import ReturnDocument

from models.store.client import BsonDict, Store
from models.store.driver_errors import translate_errors
from models.store.lanes import WHOLE, Lane

ROW = "relay"
SHARED = "lanes"  # the owner of the row, which workers of earlier versions take for another process that relays
LOOK_SECONDS = 0.5
_NOTHING: BsonDict = {"$literal": {}}


@dataclass(frozen=True, slots=True)
class LaneState:
    """The number of lanes, who holds each, and who has asked for some of them."""

    count: int
    holders: Mapping[int, str] = field(default_factory=dict)
    asking: Mapping[int, str] = field(default_factory=dict)


class LaneLeases:
    """The leases of all lanes, as one process sees and takes them.

    They are in one row together with the number of lanes: that changes in the same write in which a process takes the
    first lane of the new number, when nobody holds any of the former. To workers of earlier versions, who know one
    lane, the row is the lease of the relay, and so is theirs to these. `owner` tells people who holds a lane; processes
    of the same name, as of two containers, are still told apart. `count` is the number of lanes that this process
    would have; while others run, theirs holds until `propose`.
    """

    def __init__(self, store: Store, owner: str, seconds: float, count: int = 1) -> None:
        self._rows = store.collection("leases")
        self._count = count
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self._state = LaneState(count)
        self.owner = f"{owner}:{uuid4().hex[:12]}"
        self.seconds = seconds

    def lease(self, lane: Lane = WHOLE) -> "LaneLease":
        """Return the lease of a lane."""
        return LaneLease(self, lane)

    async def propose(self) -> None:
        """Have all processes go over to this one's number of lanes, once they have let go of what they hold."""
        other = {"$or": [{"number": {"$ne": self._count}}, {"next": {"$exists": True}}]}
        with translate_errors():
            await self._rows.update_one({"_id": ROW, **other}, {"$set": {"next": self._count}})

    async def look(self) -> LaneState:
        """Return what the row says, or said within the last half second."""
        async with self._looking:
            if monotonic() - self._looked_at > LOOK_SECONDS:
                with translate_errors():
                    row = await self._rows.find_one({"_id": ROW}, {"row": "$$ROOT", "now": "$$NOW"})
                self._state = _read_state(row["row"], row["now"], self._count) if row else LaneState(self._count)
                self._looked_at = monotonic()
        return self._state

    async def ask(self) -> None:
        """Ask whoever holds two lanes more than this process for one of them."""
        state = await self.look()
        will_hold = Counter({**state.holders, **state.asking}.values())
        for lane, holder in state.holders.items():
            if lane not in state.asking and will_hold[holder] >= will_hold[self.owner] + 2:
                place = f"lanes.{lane}"
                asked = {"_id": ROW, "owner": SHARED, f"{place}.owner": holder, f"{place}.for": None}
                with translate_errors():
                    await self._rows.update_one(asked, {"$set": {f"{place}.for": self.owner}})
                return

    async def acquire(self, lane: Lane) -> BsonDict | None:
        """Acquire or renew the lease of a lane; return the row where this process holds it."""
        state = await self.look()
        if state.count != lane.count or state.holders.get(lane.number, self.owner) != self.owner:
            return None
        with translate_errors():
            if row := await self._try_acquire(lane):
                return row
            expired = {"$setOnInsert": {"owner": None, "until": datetime.fromtimestamp(0, UTC)}}
            created = await self._rows.update_one({"_id": ROW}, expired, upsert=True)
            return await self._try_acquire(lane) if created.upserted_id is not None else None

    async def _try_acquire(self, lane: Lane) -> BsonDict | None:
        self._looked_at = float("-inf")
        takes = {"_id": ROW, "$expr": {"$or": [_is_available(lane, self.owner), _may_begin(lane.count)]}}
        row: BsonDict | None = await self._rows.find_one_and_update(
            takes, _take(lane, self.owner, self.seconds), return_document=ReturnDocument.AFTER
        )
        return row

    async def release(self, lane: Lane) -> None:
        """Give up the lease of a lane: to who has asked for it, or so that any process can acquire it at once."""
        place = f"lanes.{lane.number}"
        promised = {"owner": f"${place}.for", "until": _after(self.seconds)}
        is_promised = {"$and": [_is_there(f"${place}.for"), {"$not": _is_there("$next")}]}
        steps = [{"$set": {place: {"$cond": [is_promised, promised, "$$REMOVE"]}}}, _SET_UNTIL]
        self._looked_at = float("-inf")
        with translate_errors():
            await self._rows.update_one({"_id": ROW, "owner": SHARED, f"{place}.owner": self.owner}, steps)


class LaneLease:
    """The right to send the events of a lane, for `seconds` by the database's clock.

    `is_asked_for` says whether its holder shall release it: another process waits for it, or for another number.
    """

    def __init__(self, leases: LaneLeases, lane: Lane) -> None:
        self._leases = leases
        self.lane = lane
        self.seconds = leases.seconds
        self.is_asked_for = False

    async def acquire(self) -> bool:
        """Acquire or renew the lease; return whether this process holds it."""
        row = await self._leases.acquire(self.lane)
        self.is_asked_for = row is not None and ("next" in row or "for" in row["lanes"][str(self.lane.number)])
        return row is not None

    async def release(self) -> None:
        """Give up the lease."""
        self.is_asked_for = False
        await self._leases.release(self.lane)


def _read_state(row: BsonDict, now: datetime, count: int) -> LaneState:
    until = row.get("until")
    if until is None or until <= now:
        return LaneState(row.get("next") or row.get("number") or count)
    if row["owner"] != SHARED:  # a worker of an earlier version sends everything
        return LaneState(count, dict.fromkeys(range(count), str(row["owner"])))
    held = {int(lane): lease for lane, lease in row["lanes"].items() if lease["until"] > now}
    asking = {lane: str(lease["for"]) for lane, lease in held.items() if "for" in lease}
    return LaneState(row["number"], {lane: str(lease["owner"]) for lane, lease in held.items()}, asking)


def _take(lane: Lane, owner: str, seconds: float) -> list[BsonDict]:
    """The lease of a lane in the row, beside the others' of the same number, or as the first one of its number."""
    place, begins = f"$lanes.{lane.number}", {"$not": _is_later("$until")}
    promise = {"$cond": [{"$eq": [f"{place}.owner", owner]}, f"{place}.for", "$$REMOVE"]}
    lease = {"owner": owner, "until": _after(seconds), "for": promise}
    others = {"$cond": [begins, _NOTHING, "$lanes"]}
    row = {
        "_id": ROW,
        "owner": SHARED,
        "number": lane.count,
        "next": {"$cond": [begins, "$$REMOVE", "$next"]},
        "lanes": {"$mergeObjects": [others, {str(lane.number): lease}]},
    }
    return [{"$replaceWith": row}, _SET_UNTIL]


def _is_available(lane: Lane, owner: str) -> BsonDict:
    """Whether the row has this number of lanes, and the lane is the owner's or nobody's."""
    place = f"$lanes.{lane.number}"
    is_free = {"$and": [{"$not": _is_later(f"{place}.until")}, {"$not": _is_there("$next")}]}
    is_ours = {"$or": [{"$eq": [f"{place}.owner", owner]}, is_free]}
    return {"$and": [{"$eq": ["$owner", SHARED]}, {"$eq": ["$number", lane.count]}, _is_later("$until"), is_ours]}


def _may_begin(count: int) -> BsonDict:
    """Whether nobody holds any lane, and there are to be so many."""
    wanted = {"$ifNull": ["$next", {"$ifNull": ["$number", count]}]}
    return {"$and": [{"$not": _is_later("$until")}, {"$eq": [wanted, count]}]}


def _is_later(moment: Any) -> BsonDict:
    return {"$gt": [moment, "$$NOW"]}  # what is missing is not


def _is_there(value: str) -> BsonDict:
    return {"$ne": [{"$type": value}, "missing"]}


def _after(seconds: float) -> BsonDict:
    return {"$add": ["$$NOW", int(seconds * 1000)]}


# that of the last lease to end: the row is free when all are
_ALL_UNTIL = {"$map": {"input": {"$objectToArray": "$lanes"}, "in": "$$this.v.until"}}
_SET_UNTIL: BsonDict = {"$set": {"until": {"$max": _ALL_UNTIL}}}
