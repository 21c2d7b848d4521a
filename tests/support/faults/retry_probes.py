"""Probes of the retry ladder, and what makes a command climb it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractIncomingMessage
from aiormq.abc import FieldTable

from contracts.catalog import DEAD, DEAD_INCOMING, DEAD_LETTERS, FAMILIES
from contracts.entry import queue
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue
from models.store.client import Store
from tests.support.client import Client

LIFETIME = "transactionLifetimeLimitSeconds"
LOCKED_SECONDS = 600
EVERYTHING: FieldTable = {"x-match": "all"}
STEPS = [retry_queue(step) for step in RETRY_STEPS]
Copies = list[AbstractIncomingMessage]


class RetryProbe:
    """Copies of all that goes to the wait queues and the dead letters; a copy's `exchange` says where it went."""

    def __init__(self) -> None:
        self._copies: Copies = []

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Keep a copy."""
        self._copies.append(message)

    def copies(self, message_id: str) -> Copies:
        """Return the copies of a message so far, in order."""
        return [copy for copy in self._copies if copy.message_id == message_id]

    async def wait_first(self, message_id: str, seconds: float = 90.0) -> AbstractIncomingMessage:
        """Wait for the first copy of a message."""
        async with asyncio.timeout(seconds):
            while not self.copies(message_id):
                await asyncio.sleep(0.05)
        return self.copies(message_id)[0]

    async def wait_attempt(self, message_id: str, attempts: int, seconds: float = 90.0) -> AbstractIncomingMessage:
        """Wait for the copy with so many attempts; what was deferred by a busy machine's database is none."""
        async with asyncio.timeout(seconds):
            while True:
                for copy in self.copies(message_id):
                    if copy.headers.get("x-attempt") == attempts and copy.exchange in STEPS:
                        return copy
                await asyncio.sleep(0.05)


async def start_probe(caller: Client) -> RetryProbe:
    """Start a probe that lasts until the caller leaves; a worker must have declared the exchanges."""
    probe = RetryProbe()
    copies = await caller.channel.declare_queue(exclusive=True)
    for exchange in STEPS:
        await copies.bind(exchange)
    await copies.bind(DEAD, arguments=EVERYTHING)  # what the broker gives up
    await copies.bind(DEAD_LETTERS)
    await copies.consume(probe.receive, no_ack=True)
    return probe


async def purge_queues(caller: Client) -> None:
    """Purge the wait queues, the work queues and the dead letters; no worker runs any more."""
    for name in (*STEPS, *map(queue, FAMILIES), DEAD_INCOMING, DEAD):
        await (await caller.channel.get_queue(name, ensure=False)).purge()


@asynccontextmanager
async def lock_row(store: Store, user: int) -> AsyncIterator[None]:
    """Until the block ends every other writer of this user's row meets a write conflict; nothing is changed."""
    before = await store.client.admin.command({"setParameter": 1, LIFETIME: LOCKED_SECONDS})
    try:
        async with store.transaction() as session:
            await store.collection("users").update_one({"_id": user}, {"$set": {"sort": 1}}, session=session)
            yield
    finally:
        await store.client.admin.command({"setParameter": 1, LIFETIME: before["was"]})
