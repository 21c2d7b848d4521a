"""The outbox: oldest entries first, in batches that are bounded by their events."""

from bson import Timestamp

from models.store.client import Store
from models.store.outbox import Outbox


async def entries(store: Store, count: int, events: int) -> None:
    event = {"name": "user.created", "subject": "user/1", "sequence": 1, "body": "{}"}
    for number in range(count):
        told = [{"id": f"{number}.{part}", **event} for part in range(events)]
        await store.collection("journal").insert_one({"_id": f"{events}.{number}", "pending": 1, "events": told})


async def sizes(outbox: Outbox, limit: int) -> list[int]:
    found = await outbox.find_pending(limit)
    await outbox.mark_sent([entry.id for entry in found])
    return [len(entry.events) for entry in found]


async def test_a_batch_ends_with_the_entry_that_fills_it(store: Store) -> None:
    await entries(store, 5, 40)
    outbox = Outbox(store)
    assert [await sizes(outbox, 100) for _ in range(4)] == [[40, 40, 40], [40, 40], [], []]


async def test_what_is_being_marked_is_left_out(store: Store) -> None:
    await entries(store, 3, 1)
    outbox = Outbox(store)
    first, *others = await outbox.find_pending(10)
    assert not outbox.has_more
    marking = outbox.mark_sent([first.id])
    assert await outbox.find_pending(1) == others[:1]
    assert outbox.has_more
    await marking
    assert await outbox.find_pending(10) == others


async def test_small_entries_behind_large_ones_are_taken_together_again(store: Store) -> None:
    await entries(store, 2, 200)
    await entries(store, 50, 1)
    outbox = Outbox(store)
    assert [len(await sizes(outbox, 100)) for _ in range(5)] == [1, 1, 1, 49, 0]


async def test_a_batch_of_large_events_is_a_small_one(store: Store) -> None:
    large = {"id": "e", "name": "user.created", "subject": "user/1", "sequence": 1, "body": "x" * 3_000_000}
    for number in range(5):
        await store.collection("journal").insert_one({"_id": number, "pending": 1, "events": [large]})
    outbox = Outbox(store)
    assert [len(await sizes(outbox, 100)) for _ in range(3)] == [3, 2, 0]


async def test_entries_come_in_the_servers_order_not_in_that_on_disk(store: Store) -> None:
    told = {"name": "user.created", "subject": "user/1", "sequence": 1, "body": "{}", "id": "e"}
    for number in (3, 1, 2):
        row = {"_id": str(number), "pending": 1, "order": Timestamp(1, number), "events": [told]}
        await store.collection("journal").insert_one(row)
    assert [entry.id for entry in await Outbox(store).find_pending(10)] == ["1", "2", "3"]
