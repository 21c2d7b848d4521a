"""What is left after the damage, seen from outside: effects, journal, events, queues."""

import asyncio
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from aio_pika.exceptions import ChannelNotFoundEntity

from models.store.client import Store
from tests.support.client import Client, is_unavailable

FAMILY_QUEUES = [f"userbus.{family}" for family in ("user", "account", "role", "auth", "sms")]
QUEUES = [*FAMILY_QUEUES, *(f"{name}.queries" for name in FAMILY_QUEUES), "userbus.unknown"]
STEPS = [f"userbus.retry.{step}" for step in ("1s", "5s", "30s", "2min", "10min")]
EVENTS_QUEUE = "faults.events"
EVENTS = {  # which single event each command of a load has
    "user.create": "user.created",
    "user.update": "user.updated",
    "account.apply": "account.bound",
    "role.assign": "role.assigned",
    "token.issue": "token.issued",
    "sms.send_code": "sms.code_sent",
}
FIGURES = ("commands", "effects", "unanswered", "gap")
Row = dict[str, Any]
Sent = list[Row]


@dataclass(frozen=True)
class Outcome:
    """One line of the table. `unanswered` are tries that got no answer in time."""

    commands: int
    effects: int
    duplicates: int
    lost: int
    missing: int
    unordered: int
    different: int
    unanswered: int
    gap: float

    @property
    def flaws(self) -> dict[str, int]:
        """What is not as it should be."""
        counts = {name: count for name, count in vars(self).items() if name not in FIGURES}
        return {name: count for name, count in counts.items() if count}


async def listen(caller: Client) -> None:
    """A durable queue for the events, as any consumer has one; what others have left among the dead letters goes."""
    await (await caller.channel.get_queue("userbus.dead", ensure=False)).purge()
    queue = await caller.channel.declare_queue(EVENTS_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.purge()
    for pattern in ("user.*", "account.*", "role.*", "token.*", "sms.*", "command.refused"):
        await queue.bind("userbus.events", pattern)


async def read_depths(caller: Client) -> dict[str, int]:
    """The queues that are not empty; while a worker runs, what it has in flight is in none."""
    depths = {name: (await caller.counted(name))[0] for name in (*QUEUES, *STEPS, "userbus.dead")}
    return {name: depth for name, depth in depths.items() if depth}


async def wait_quiet(caller: Client, store: Store, sent: Sent, seconds: float = 120.0) -> None:
    """Wait until nothing is under way: work and retry queues empty, every entry there, nothing in the outbox."""
    ids = [each["id"] for each in sent]
    journal = store.collection("journal")
    async with asyncio.timeout(seconds):
        while any([await _count_waiting(caller, name) for name in (*QUEUES, *STEPS)]):
            await asyncio.sleep(0.2)
        while await journal.count_documents({"_id": {"$in": ids}}) < len(ids):
            await asyncio.sleep(0.2)
        while await journal.count_documents({"pending": 1}):
            await asyncio.sleep(0.2)


async def _count_waiting(caller: Client, name: str) -> int:
    try:
        return (await caller.counted(name))[0]
    except ChannelNotFoundEntity:  # its node is cut off: the queue is out of reach, and who asks is answered elsewhere
        if not name.endswith(".queries"):
            raise
        return 0


async def audit(caller: Client, store: Store, sent: Sent, gap: float) -> Outcome:
    """Count what should be there against what is; takes the events from their queue."""
    confirmed = [each for each in sent if each["confirmed"]]
    replies = await _read_replies(store, [each["id"] for each in confirmed])
    done = [each for each in confirmed if replies.get(each["id"], {}).get("status") == "done"]
    events = await _take_events(caller)
    told, about = _groups(events, "causationid"), _groups(events, "subject")
    due = Counter(each["user"] for each in sent if each["user"])
    users = await store.collection("users").find({"username": {"$in": [*due]}}).to_list(None)
    return Outcome(
        commands=len(confirmed),
        effects=len(done),
        duplicates=sum(user["revision"] > due[user["username"]] for user in users)
        + len([each for each in confirmed if len(told[each["id"]]) > 1])
        + _count_invented(sent, about, users),
        lost=len(confirmed) - len(done) + len(due) - sum(_is_as_its_events_say(user, due, about) for user in users),
        missing=sum(not _has_event(each, told) for each in confirmed),
        unordered=sum(_is_disordered(each, {command["id"] for command in sent}) for each in about.values()),
        different=sum(_has_contradiction(each, replies) for each in confirmed) + await _count_different(caller, sent),
        unanswered=sum(each["silent"] for each in sent),
        gap=round(gap, 2),
    )


async def _read_replies(store: Store, ids: list[str]) -> dict[str, Row]:
    entries = store.collection("journal").find({"_id": {"$in": ids}})
    return {entry["_id"]: json.loads(entry["reply"]) async for entry in entries}


async def _take_events(caller: Client) -> list[Row]:
    """What a consumer that drops repeats by their ids takes from its queue, in the order of arrival."""
    taken: dict[str, Row] = {}
    queue = await caller.channel.get_queue(EVENTS_QUEUE, ensure=False)
    while message := await queue.get(no_ack=True, fail=False):
        event = json.loads(message.body)
        taken.setdefault(event["id"], event)
    return [*taken.values()]


def _groups(events: list[Row], by: str) -> dict[str, list[Row]]:
    """The events by an attribute; a refused command without a message_id has none to be the cause of its event."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for event in events:
        if by in event:
            groups[event[by]].append(event)
    return groups


def _is_disordered(events: list[Row], ours: set[str]) -> bool:
    """Whether a subject's events came out of order; one that the load has made begins at 1 and leaves nothing out."""
    sequences = [event["sequence"] for event in events]
    if ours.isdisjoint(event.get("causationid") for event in events):
        return sequences != sorted(sequences)
    return sequences != [*range(1, len(events) + 1)]


def _has_event(command: Row, told: dict[str, list[Row]]) -> bool:
    """Whether the command's event came."""
    return f"userbus.{EVENTS[command['name']]}.v1" in [event["type"] for event in told[command["id"]]]


def _count_invented(sent: Sent, about: dict[str, list[Row]], users: list[Row]) -> int:
    """Events of the users that no command of the load has caused."""
    known = {each["id"] for each in sent}
    return sum(event["causationid"] not in known for user in users for event in about[f"user/{user['_id']}"])


def _is_as_its_events_say(user: Row, due: Counter[str], about: dict[str, list[Row]]) -> bool:
    """Whether a user is what the commands about it make of it, and what its last event says."""
    events = about[f"user/{user['_id']}"]
    accounts = [(account["integration"], account["account"]) for account in user["accounts"]]
    return (
        user["revision"] == due[user["username"]]
        and (accounts, user["role_ids"]) == ([("lark", user["username"])], [1])
        and bool(events)
        and events[-1]["data"]["company"] == user["company"]
    )


def _has_contradiction(command: Row, replies: dict[str, Row]) -> bool:
    """Whether any final answer, a late one too, was another than the first, or than the journal's (tokens aside)."""
    final = _final_replies(command)
    stored = [replies[command["id"]]] if command["id"] in replies and command["name"] != "token.issue" else []
    return any(reply != other for reply, other in pairwise([*final, *stored]))


def _final_replies(command: Row) -> list[Row]:
    """Its answers but for those that say to try again, which may come late, after the next try's."""
    return [reply for reply in command["replies"] if not is_unavailable(reply)]


async def _count_different(caller: Client, sent: Sent) -> int:
    """How many commands, sent once more, get another reply than before: all those in doubt, and a few others."""
    doubtful = [each for each in sent if each["wants"] and each["tries"] > 1]
    asked = [*doubtful, *[each for each in sent if each["wants"] and each["tries"] == 1][:20]]
    again = (caller.settle(each["name"], each["body"], message_id=each["id"]) for each in asked)
    replies = await asyncio.gather(*again)
    return sum(reply != _final_replies(each)[-1] for reply, each in zip(replies, asked, strict=True))
