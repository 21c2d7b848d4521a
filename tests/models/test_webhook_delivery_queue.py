"""The queue of deliveries: each subject in order, claimed by one process at a time."""

from datetime import timedelta
from uuid import uuid4

from models.store.client import Store
from models.store.document import now
from models.store.journal import OutboxEvent
from models.webhook_delivery_queue import CLAIM, LOOK_AHEAD, DeliveryQueue, WaitingDelivery
from models.webhooks import Webhook

WEBHOOK = Webhook(id=1, url="https://receiver.example/", events=["#"])


def event(subject: str, sequence: int) -> OutboxEvent:
    return OutboxEvent(uuid4().hex, "user.updated", subject, sequence, f"{subject} {sequence}")


async def filled(store: Store, *events: OutboxEvent) -> DeliveryQueue:
    queue = DeliveryQueue(store)
    await queue.add([(WEBHOOK, each) for each in events])
    return queue


def bodies(claimed: list[WaitingDelivery]) -> list[str]:
    return sorted(each.body for each in claimed)


async def pass_time(store: Store, field: str, time: timedelta) -> None:
    rows = store.collection("webhook_deliveries")
    async for row in rows.find({field: {"$exists": True}}):
        await rows.update_one({"_id": row["_id"]}, {"$set": {field: row[field] - time}})


async def test_a_subject_with_a_long_backlog_hides_no_other(store: Store) -> None:
    long = [event("a", number) for number in range(LOOK_AHEAD + 1)]
    queue = await filled(store, *long, event("b", 1), event("c", 1), event("d", 1))
    assert bodies(await queue.claim(1, 3)) == ["a 0", "b 1"]
    assert bodies(await queue.claim(1, 3)) == ["c 1", "d 1"]
    assert bodies(await queue.claim(1, 3)) == []


async def test_subjects_that_another_process_has_claimed_hide_no_others(store: Store) -> None:
    queue = await filled(store, *(event(f"{number:02}", 1) for number in range(20)))
    assert len(await queue.claim(1, 10)) == 10
    assert bodies(await DeliveryQueue(store).claim(1, 10)) == [f"{number:02} 1" for number in range(10, 20)]


async def test_a_subject_goes_on_when_its_first_delivery_is_settled(store: Store) -> None:
    queue = await filled(store, event("a", 1), event("a", 2), event("b", 1), event("a", 3))
    first = await queue.claim(1, 10)
    assert bodies(first) == ["a 1", "b 1"]
    assert await DeliveryQueue(store).claim(1, 10) == []
    for each in first:
        await queue.settle(each, "answered 200")
    (second,) = await queue.claim(1, 10)
    assert second.body == "a 2"
    await queue.give_up(second, "answered 500")
    assert bodies(await queue.claim(1, 10)) == ["a 3"]


async def test_an_event_that_comes_again_is_delivered_once_and_in_its_place(store: Store) -> None:
    one, two, three = (event("a", sequence) for sequence in (1, 2, 3))
    queue = await filled(store, one, two)
    await queue.add([(WEBHOOK, each) for each in (one, two, three)])
    told = []
    while claimed := await queue.claim(1, 10):
        told += bodies(claimed)
        await queue.settle(claimed[0], "answered 200")
    assert told == ["a 1", "a 2", "a 3"]
    await queue.add([(WEBHOOK, one)])
    assert await queue.claim(1, 10) == []


async def test_what_waits_to_be_tried_again_holds_its_subject_alone(store: Store) -> None:
    queue = await filled(store, event("a", 1), event("a", 2), event("b", 1), event("b", 2))
    for each in await queue.claim(1, 10):
        await (queue.retry(each, "answered 500", 60) if each.body == "a 1" else queue.settle(each, "answered 200"))
    assert bodies(await queue.claim(1, 10)) == ["b 2"]
    await pass_time(store, "due", timedelta(seconds=60))
    (again,) = await queue.claim(1, 10)
    assert (again.body, again.attempts) == ("a 1", 2)


async def test_what_a_lost_process_has_claimed_is_claimed_again_and_not_settled_by_it(store: Store) -> None:
    queue = await filled(store, event("a", 1))
    (lost,) = await queue.claim(1, 10)
    assert await queue.claim(1, 10) == []
    await pass_time(store, "claimed_until", CLAIM)
    (again,) = await queue.claim(1, 10)
    await queue.settle(lost, "answered 200")
    row = await store.collection("webhook_deliveries").find_one({})
    assert (row["state"], row["attempts"], again.attempts) == ("waiting", 2, 2)
    assert again.first_at == lost.first_at


async def test_many_that_wait_behind_one_subject_hide_no_other(store: Store) -> None:
    queue = await filled(store, *(event("a", sequence) for sequence in range(1, 301)), event("b", 1))
    first, other = sorted(await queue.claim(1, 10), key=lambda each: each.body)
    assert bodies([first, other]) == ["a 1", "b 1"]
    await queue.retry(first, "answered 500", 60)
    await queue.settle(other, "answered 200")
    await filled(store, event("b", 2))
    assert bodies(await queue.claim(1, 10)) == ["b 2"]


async def test_nothing_but_the_log_is_left_of_what_was_delivered_or_erased(store: Store) -> None:
    queue = await filled(store, event("user/1", 1), event("user/1", 2), event("user/2", 1))
    delivered = next(each for each in await queue.claim(1, 10) if each.body == "user/1 1")
    await queue.settle(delivered, "answered 200")
    await queue.forget(["user/1"])
    rows = [row async for row in store.collection("webhook_deliveries").find({}, sort=[("order", 1)])]
    assert [(row["subject"], row["sequence"], row.get("body")) for row in rows] == [
        ("user/1", 1, None),
        ("user/2", 1, "user/2 1"),
    ]
    assert all(row["expires_at"] > now() for row in rows)
    await queue.remove(1)
    assert await store.collection("webhook_deliveries").count_documents({}) == 0
