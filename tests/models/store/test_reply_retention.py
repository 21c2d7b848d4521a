"""The journal forgets replies first, and who asked what later."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.errors.base import MessageReused
from models.store.client import Store
from models.store.document import now
from models.store.journal import CommandContext, Journal, OutboxEvent
from models.store.outbox import Outbox
from models.store.reply_retention import BATCH, ReplyRetention
from models.unit_of_work import Dependencies

OLD = timedelta(days=8)


@pytest.fixture
def journal(database: Store, dependencies: Dependencies) -> Journal:
    return Journal(database, dependencies.keys, 7, 90)


async def age_entries(database: Store, *ids: str) -> None:
    rows = database.collection("journal")
    await rows.update_many({"_id": {"$in": [*ids]}}, {"$set": {"at": now() - OLD}})


async def test_a_reply_is_given_for_so_many_days_and_the_rest_stays(
    database: Store, journal: Journal, context: CommandContext
) -> None:
    await journal.write(context, "done", [])
    await journal.write(replace(context, message_id="m-2"), "done", [])
    await age_entries(database, "m-1")
    assert not await ReplyRetention(database, 7).run_once()
    with pytest.raises(MessageReused, match="no longer kept"):
        await journal.find_reply(context)
    assert await journal.find_reply(replace(context, message_id="m-2")) == "done"
    kept = await database.collection("journal").find_one({"_id": "m-1"})
    assert kept is not None
    assert (kept["name"], "digest" in kept, "reply" in kept) == ("user.create", False, False)
    assert kept["expires_at"] > now() + timedelta(days=80)


async def test_an_entry_with_unsent_events_keeps_its_reply(
    database: Store, journal: Journal, context: CommandContext
) -> None:
    await journal.write(context, "done", [OutboxEvent("e-1", "user.created", "user/1", 1, "{}")])
    await age_entries(database, "m-1")
    await ReplyRetention(database, 7).run_once()
    assert await journal.find_reply(context) == "done"


async def test_many_entries_are_cleaned_in_steps(database: Store, journal: Journal, context: CommandContext) -> None:
    rows = [{"_id": f"{number}", "reply": "done", "at": now() - OLD} for number in range(BATCH + 1)]
    await database.collection("journal").insert_many(rows)
    retention = ReplyRetention(database, 7)
    assert [await retention.run_once(), await retention.run_once()] == [True, False]
    assert await database.collection("journal").count_documents({"reply": {"$exists": True}}) == 0


async def test_an_entry_expires_after_the_longer_of_both_times(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await Journal(database, dependencies.keys, 30, 7).write(context, "done", [])
    row = await database.collection("journal").find_one({"_id": "m-1"})
    assert row is not None
    assert row["expires_at"] - row["at"] == timedelta(days=30)


async def test_an_entry_with_unsent_events_does_not_expire(
    database: Store, journal: Journal, context: CommandContext
) -> None:
    rows = database.collection("journal")
    await journal.write(
        context, "done", [OutboxEvent(f"e-{n}", "user.created", "user/1", n, "{}") for n in range(1001)]
    )
    assert await rows.count_documents({"expires_at": {"$exists": True}}) == 0
    outbox = Outbox(database)
    waiting = await outbox.find_pending(2000)
    assert [len(entry.events) for entry in waiting] == [1000, 1]
    await outbox.mark_sent([entry.id for entry in waiting])
    assert await rows.count_documents({"expires_at": {"$gt": now() + timedelta(days=80)}}) == 2
