"""Sending hostile messages, and finding out what became of each."""

import asyncio
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError

from models.store.client import Store
from tests.support.client import Client
from tests.support.faults.amqp_frames import fields_table, publish
from tests.support.faults.audit import QUEUES, STEPS
from tests.support.faults.hostile import OURS, Hostile, hostile
from tests.support.patience import PATIENCE

MISTAKES = {f"message.{what}" for what in ("undecodable", "too_large", "unknown_name", "id_missing", "invalid")}


@dataclass
class Attack:
    """So many hostile messages from one sender, and where they were seen again: by mark."""

    sent: list[Hostile]
    answered: Counter[str] = field(default_factory=Counter)
    dead_lettered: Counter[str] = field(default_factory=Counter)
    journalled: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)
    stray: list[str] = field(default_factory=list)
    blamed: list[Any] = field(default_factory=list)

    def mark(self, text: str | None) -> str:
        """The mark with which a text begins, or an empty text."""
        seed, number, *_ = [*(text or "").split("-"), ""]
        mark = f"{seed}-{number}-"
        return mark if mark in self.marks else ""

    @cached_property
    def marks(self) -> set[str]:
        return {each.mark for each in self.sent}

    @property
    def unanswered(self) -> list[Hostile]:
        """Those that must be answered, and are not yet."""
        asked = [each for each in self.sent if each.fields.get("reply_to") == OURS and each.queues and not each.hurried]
        return [each for each in asked if each.mark not in self.answered and each.mark not in self.refused]

    @property
    def fates(self) -> Counter[str]:
        """How many ended in which way."""
        return Counter(self._fate(each) for each in self.sent)

    @property
    def faults(self) -> list[str]:
        """What was dead-lettered for another reason than a sender's mistake, and answers that blame the service."""
        return [*sorted({*self.codes} - MISTAKES), *self.blamed]

    @property
    def unexplained(self) -> list[Hostile]:
        return [each for each in self.sent if self._fate(each) == "unexplained"]

    def _fate(self, each: Hostile) -> str:
        ends = {
            "refused by the broker": each.mark in self.refused,
            "unroutable": not each.queues,
            "answered": each.mark in self.answered,
            "dead_lettered": each.mark in self.dead_lettered,
            "journalled": each.mark in self.journalled,
            "late": each.hurried,
            "answered elsewhere or to nobody": each.unheard,
        }
        return next((end for end, true in ends.items() if true), "unexplained")


async def attack(url: str, seed: int, count: int) -> Attack:
    """Send them, one after the other, each with a confirm; then wait for the answers."""
    made = Attack([*hostile(seed, count)])
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        replies = await channel.declare_queue(exclusive=True)

        async def take(message: AbstractIncomingMessage) -> None:
            made.answered[made.mark(message.correlation_id)] += 1
            problem = json.loads(message.body).get("problem") or {}
            if problem.get("kind") == "internal":
                made.blamed.append(problem)

        await replies.consume(take, no_ack=True)
        left = [*made.sent]
        while left:  # a message that the broker itself refuses ends the connection
            made.refused |= await _send(url, left, replies.name)
        await _wait_drained(url)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while made.unanswered:
                    await asyncio.sleep(0.1)
    return made


async def _send(url: str, left: list[Hostile], ours: str) -> set[str]:
    """Send and take away what is left, up to one that the broker refuses; its mark."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        while left:
            each = left.pop(0)
            try:
                await publish(channel, each.name, each.body, _fields(each, ours))
            except AMQPError:
                return {each.mark}
    return set()


def _fields(each: Hostile, ours: str) -> dict[str, Any]:
    known = {"reply_to": ours} if each.fields.get("reply_to") == OURS else {}
    return {**each.fields, **known, "headers": fields_table(each.headers)}


async def _wait_drained(url: str, seconds: float = 120.0) -> None:
    async with Client(url) as caller, asyncio.timeout(seconds):
        while any([(await caller.counted(name))[0] for name in (*QUEUES, *STEPS)]):
            await asyncio.sleep(0.1)


async def account_for(made: Attack, store: Store, url: str) -> None:
    """Look for them in the journal and among the dead letters; their own letters are taken away."""
    prefix = f"^{made.sent[0].mark.split('-')[0]}-"
    async for row in store.collection("journal").find({"_id": {"$regex": prefix}}, {"_id": 1}):
        made.journalled.add(made.mark(row["_id"]))
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await _take_letters(made, channel)


async def _take_letters(made: Attack, channel: AbstractChannel) -> None:
    queue = await channel.get_queue("userbus.dead", ensure=False)
    while letter := await queue.get(fail=False):  # those of others go back when the channel closes
        mark = made.mark(letter.correlation_id) or made.mark(str(letter.headers.get("mark")))
        if not mark:
            made.stray.append(f"{letter.routing_key} {letter.type} {letter.correlation_id} {letter.headers}")
            continue
        made.dead_lettered[mark] += 1
        made.codes[str(letter.headers.get("x-userbus-code", letter.headers.get("x-first-death-reason")))] += 1
        await letter.ack()
