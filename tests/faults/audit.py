"""What is left after the damage, seen from outside: effects, journal, events, queues."""

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from models.store import Store
from tests.client import Client

QUEUES = [f"userbus.{family}" for family in ("user", "account", "role", "auth", "sms")]
STEPS = [f"userbus.retry.{step}" for step in ("1s", "5s", "30s", "2min", "10min")]
EVENTS_QUEUE = "faults.events"
Sent = list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """One line of the table."""

    commands: int
    effects: int
    duplicates: int
    lost: int
    missing: int
    unordered: int
    different: int
    gap: float

    @property
    def flaws(self) -> dict[str, int]:
        """What is not as it should be."""
        counts = {name: count for name, count in vars(self).items() if name not in ("commands", "effects", "gap")}
        return {name: count for name, count in counts.items() if count}


async def listen(caller: Client) -> None:
    """A durable queue for the events, as any consumer has one; what others have left among the dead letters goes."""
    await (await caller.channel.get_queue("userbus.dead", ensure=False)).purge()
    queue = await caller.channel.declare_queue(EVENTS_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.purge()
    for pattern in ("user.*", "account.*", "sms.*", "command.refused"):
        await queue.bind("userbus.events", pattern)


async def quiet(caller: Client, store: Store, sent: Sent, seconds: float = 120.0) -> None:
    """Wait until nothing is under way: work and retry queues empty, every entry there, nothing in the outbox."""
    ids = [each["id"] for each in sent]
    journal = store.collection("journal")
    async with asyncio.timeout(seconds):
        while any([(await caller.counted(name))[0] for name in (*QUEUES, *STEPS)]):
            await asyncio.sleep(0.2)
        while await journal.count_documents({"_id": {"$in": ids}}) < len(ids):
            await asyncio.sleep(0.2)
        while await journal.count_documents({"pending": 1}):
            await asyncio.sleep(0.2)


async def audit(caller: Client, store: Store, sent: Sent, gap: float) -> Outcome:
    """Count what should be there against what is; takes the events from their queue."""
    ids = [each["id"] for each in sent if each["confirmed"]]
    entries = await store.collection("journal").find({"_id": {"$in": ids}}).to_list(None)
    done = sum(json.loads(entry["reply"])["status"] == "done" for entry in entries)
    due = Counter(each["user"] for each in sent if each["user"])
    users = await store.collection("users").find({"username": {"$in": [*due]}}).to_list(None)
    surplus = sum(max(0, user["revision"] - due[user["username"]]) for user in users) + len(users) - len(due)
    events = await _events(caller)
    seen = _sequences(events)
    expected = {f"user/{user['_id']}": range(1, due[user["username"]] + 1) for user in users}
    return Outcome(
        commands=len(ids),
        effects=done,
        duplicates=surplus,
        lost=len(ids) - done,
        missing=_missing(expected, seen) + len({*ids} - {event["causationid"] for event in events}),
        unordered=sum(sequences != sorted(sequences) for sequences in seen.values()),
        different=await _different(caller, sent),
        gap=round(gap, 2),
    )


async def _events(caller: Client) -> list[dict[str, Any]]:
    """What a consumer that drops repeats by their ids takes from its queue, in the order of arrival."""
    taken: dict[str, dict[str, Any]] = {}
    queue = await caller.channel.get_queue(EVENTS_QUEUE, ensure=False)
    while message := await queue.get(no_ack=True, fail=False):
        event = json.loads(message.body)
        taken.setdefault(event["id"], event)
    return [*taken.values()]


def _sequences(events: list[dict[str, Any]]) -> dict[str, list[int]]:
    seen: dict[str, list[int]] = defaultdict(list)
    for event in events:
        seen[event["subject"]].append(event["sequence"])
    return seen


def _missing(expected: dict[str, range], seen: dict[str, list[int]]) -> int:
    return sum(len({*sequences} - {*seen[subject]}) for subject, sequences in expected.items())


async def _different(caller: Client, sent: Sent) -> int:
    """How many commands, sent once more, get another reply than before: all those in doubt, and a few others."""
    doubtful = [each for each in sent if each["wants"] and each["tries"] > 1]
    asked = [*doubtful, *[each for each in sent if each["wants"] and each["tries"] == 1][:20]]
    replies = await asyncio.gather(
        *(caller.call(each["name"], each["body"], message_id=each["id"], seconds=30) for each in asked)
    )
    return sum(reply != each["reply"] for reply, each in zip(replies, asked, strict=True))
