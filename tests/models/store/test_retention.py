"""The journal forgets replies first, and who asked what later."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.document import now
from models.errors.base import MessageReused
from models.journal import Caller, Journal, Outgoing
from models.outbox import Outbox
from models.retention import BATCH, Retention
from models.store import Store
from models.unit import Shared

OLD = timedelta(days=8)


@pytest.fixture
def journal(database: Store, shared: Shared) -> Journal:
    return Journal(database, shared.keys, 7, 90)


async def aged(database: Store, *ids: str) -> None:
    rows = database.collection("journal")
    await rows.update_many({"_id": {"$in": [*ids]}}, {"$set": {"at": now() - OLD}})


async def test_a_reply_is_given_for_so_many_days_and_the_rest_stays(
    database: Store, journal: Journal, caller: Caller
) -> None:
    await journal.write(caller, "done", [])
    await journal.write(replace(caller, message_id="m-2"), "done", [])
    await aged(database, "m-1")
    assert not await Retention(database, 7).step()
    with pytest.raises(MessageReused, match="no longer kept"):
        await journal.reply(caller)
    assert await journal.reply(replace(caller, message_id="m-2")) == "done"
    kept = await database.collection("journal").find_one({"_id": "m-1"})
    assert kept is not None
    assert (kept["name"], "digest" in kept, "reply" in kept) == ("user.create", False, False)
    assert kept["expires_at"] > now() + timedelta(days=80)


async def test_what_has_events_to_send_is_left_alone(database: Store, journal: Journal, caller: Caller) -> None:
    await journal.write(caller, "done", [Outgoing("e-1", "user.created", "user/1", 1, "{}")])
    await aged(database, "m-1")
    await Retention(database, 7).step()
    assert await journal.reply(caller) == "done"


async def test_many_are_done_in_steps(database: Store, journal: Journal, caller: Caller) -> None:
    rows = [{"_id": f"{number}", "reply": "done", "at": now() - OLD} for number in range(BATCH + 1)]
    await database.collection("journal").insert_many(rows)
    retention = Retention(database, 7)
    assert [await retention.step(), await retention.step()] == [True, False]
    assert await database.collection("journal").count_documents({"reply": {"$exists": True}}) == 0


async def test_the_longer_of_both_times_is_when_an_entry_goes(database: Store, shared: Shared, caller: Caller) -> None:
    await Journal(database, shared.keys, 30, 7).write(caller, "done", [])
    row = await database.collection("journal").find_one({"_id": "m-1"})
    assert row is not None
    assert row["expires_at"] - row["at"] == timedelta(days=30)


async def test_what_has_events_to_send_does_not_expire_before_they_are_sent(
    database: Store, journal: Journal, caller: Caller
) -> None:
    rows = database.collection("journal")
    await journal.write(caller, "done", [Outgoing(f"e-{n}", "user.created", "user/1", n, "{}") for n in range(1001)])
    assert await rows.count_documents({"expires_at": {"$exists": True}}) == 0
    outbox = Outbox(database)
    waiting = await outbox.pending(2000)
    assert [len(entry.events) for entry in waiting] == [1000, 1]
    await outbox.sent([entry.id for entry in waiting])
    assert await rows.count_documents({"expires_at": {"$gt": now() + timedelta(days=80)}}) == 2
