"""The leases of lanes: one holder each, one number of lanes for all, hand-over to who asks, earlier versions beside."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.store.client import Store
from models.store.lane_leases import LOOK_SECONDS, LaneLeases
from models.store.lanes import WHOLE, all_lanes
from tests.support.stores import on_mongodb

A_MOMENT = LOOK_SECONDS + 0.05  # after which a process looks again


def process(store: Store, count: int = 1, seconds: float = 60.0) -> LaneLeases:
    # of one name, as two containers can have
    return LaneLeases(store, "host:1", seconds, count)


async def acquired(leases: LaneLeases, count: int) -> list[int]:
    """The lanes of so many that a process gets or keeps, in a moment."""
    await asyncio.sleep(A_MOMENT)
    return [lane.number for lane in all_lanes(count) if await leases.acquire(lane)]


async def read_row(store: Store) -> dict[str, Any]:
    return await store.collection("leases").find_one({"_id": "relay"}) or {}


@on_mongodb
async def test_a_lease_has_one_holder_until_it_is_released_or_runs_out(database: Store) -> None:
    one, two = process(database), process(database)
    assert (await acquired(one, 1), await acquired(two, 1), await acquired(one, 1)) == ([0], [], [0])
    await one.release(WHOLE)
    assert (await acquired(two, 1), await acquired(one, 1)) == ([0], [])
    await two.release(WHOLE)
    brief = process(database, seconds=-1)
    assert (await acquired(brief, 1), await acquired(one, 1)) == ([0], [0])


@on_mongodb
async def test_each_lane_has_one_holder(database: Store) -> None:
    one, two = process(database, 4), process(database, 4)
    first, second, *_ = all_lanes(4)
    assert await one.acquire(first)
    assert await two.acquire(second)
    assert (await acquired(one, 4), await acquired(two, 4)) == ([0, 2, 3], [1])


@on_mongodb
async def test_the_number_changes_when_nobody_holds_a_lane_of_the_former(database: Store) -> None:
    former, latter = process(database, 2), process(database, 3)
    assert await acquired(former, 2) == [0, 1]
    await latter.propose()
    assert (await acquired(latter, 3), await acquired(former, 2)) == ([], [0, 1])  # it renews, and is told to let go
    assert (await former.lease(all_lanes(2)[0]).acquire(), (await read_row(database))["next"]) == (True, 3)
    await former.release(all_lanes(2)[0])
    assert await acquired(former, 2) == [1]  # what it has let go of, nobody takes in the former number
    assert await acquired(latter, 3) == []
    await former.release(all_lanes(2)[1])
    assert (await acquired(latter, 3), await acquired(former, 2)) == ([0, 1, 2], [])
    assert (await former.look()).count == 3
    assert await acquired(former, 3) == []
    assert "next" not in await read_row(database)


@on_mongodb
async def test_a_number_that_was_proposed_outlives_who_has_proposed_it(database: Store) -> None:
    former = process(database, 2, seconds=0.2)
    assert await acquired(former, 2) == [0, 1]
    await process(database, 5).propose()
    await asyncio.sleep(0.3)
    assert (await acquired(former, 2), (await former.look()).count) == ([], 5)
    assert await acquired(former, 5) == [0, 1, 2, 3, 4]


@on_mongodb
async def test_whoever_starts_with_the_same_number_changes_nothing(database: Store) -> None:
    assert await acquired(process(database, 2), 2) == [0, 1]
    before = await read_row(database)
    await process(database, 2).propose()
    assert await read_row(database) == before


@on_mongodb
async def test_a_process_with_fewer_lanes_is_handed_one_at_a_time(database: Store) -> None:
    rich, poor = process(database, 4), process(database, 4)
    leases = [rich.lease(lane) for lane in all_lanes(4)]
    assert await acquired(rich, 4) == [0, 1, 2, 3]
    for handed in ([], [0], [0, 1], [0, 1]):  # with two each, it asks no more
        assert await acquired(poor, 4) == handed
        await poor.ask()
        for lease in leases:
            await lease.acquire()
            if lease.is_asked_for:
                await lease.release()
    assert await acquired(rich, 4) == [2, 3]


@on_mongodb
async def test_what_was_promised_to_a_process_that_is_gone_is_free_again(database: Store) -> None:
    rich, gone = process(database, 2), process(database, 2)
    assert await acquired(rich, 2) == [0, 1]
    await gone.ask()
    await rich.release(all_lanes(2)[0])
    held = (await read_row(database))["lanes"]
    assert held["0"]["owner"] == gone.owner
    assert await acquired(rich, 2) == [1]
    passed = {"lanes.0.until": datetime.now(UTC) - timedelta(seconds=1)}
    await database.collection("leases").update_one({"_id": "relay"}, {"$set": passed})
    assert await acquired(rich, 2) == [0, 1]


LEFT = {"number": 4, "lanes": {"0": {"owner": "x", "until": datetime(2026, 1, 1, tzinfo=UTC)}}}


@on_mongodb
@pytest.mark.parametrize("left", [{}, LEFT], ids=["before any other", "after later ones"])
async def test_a_worker_of_an_earlier_version_relays_alone(database: Store, left: dict[str, Any]) -> None:
    """It knows the owner and the end of the lease, and leaves what else is in the row."""
    later = datetime.now(UTC) + timedelta(hours=1)
    rows = database.collection("leases")
    await rows.insert_one({"_id": "relay", **left, "owner": "host:2:abc", "until": later})
    ours = process(database, 4)
    await ours.propose()
    assert await acquired(ours, 4) == []
    await ours.ask()
    assert "for" not in str(await read_row(database))
    await rows.update_one({"_id": "relay"}, {"$set": {"until": datetime.now(UTC) - timedelta(seconds=1)}})
    assert await acquired(ours, 4) == [0, 1, 2, 3]


@on_mongodb
async def test_a_worker_of_an_earlier_version_waits_for_every_lane(database: Store) -> None:
    ours = process(database, 2)
    assert await acquired(ours, 2) == [0, 1]
    rows = database.collection("leases")
    theirs = {"_id": "relay", "$or": [{"owner": "host:2:abc"}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
    take = [{"$set": {"owner": "host:2:abc", "until": {"$add": ["$$NOW", 60_000]}}}]
    assert (await rows.update_one(theirs, take)).matched_count == 0
    await ours.release(all_lanes(2)[0])
    assert (await rows.update_one(theirs, take)).matched_count == 0
    await ours.release(all_lanes(2)[1])
    assert (await rows.update_one(theirs, take)).matched_count == 1
    assert await acquired(ours, 2) == []
