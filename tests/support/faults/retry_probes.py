"""What tests of retries look at, and what makes a command be tried again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractIncomingMessage
from aiormq.abc import FieldTable

from contracts.catalog import DEAD, FAMILIES, queue
from handlers.topology import RETRY_STEPS, retry_queue
from models.store import Store
from tests.client import Client

LIFETIME = "transactionLifetimeLimitSeconds"
LOCKED_SECONDS = 600
EVERYTHING: FieldTable = {"x-match": "all"}
STEPS = [retry_queue(step) for step in RETRY_STEPS]
Copies = list[AbstractIncomingMessage]


class Tap:
    """Copies of all that goes to the wait queues and to the dead letters; `exchange` of a copy tells where it went."""

    def __init__(self) -> None:
        self._copies: Copies = []

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Keep a copy."""
        self._copies.append(message)

    def seen(self, message_id: str) -> Copies:
        """The copies of a message so far, in their order."""
        return [copy for copy in self._copies if copy.message_id == message_id]

    async def first(self, message_id: str, seconds: float = 90.0) -> AbstractIncomingMessage:
        """The first copy of a message, once it is there."""
        async with asyncio.timeout(seconds):
            while not self.seen(message_id):
                await asyncio.sleep(0.05)
        return self.seen(message_id)[0]

    async def climbed(self, message_id: str, attempts: int, seconds: float = 90.0) -> AbstractIncomingMessage:
        """The copy for which so many attempts were counted; what a busy machine's database put off is none."""
        async with asyncio.timeout(seconds):
            while True:
                for copy in self.seen(message_id):
                    if copy.headers.get("x-attempt") == attempts and copy.exchange in STEPS:
                        return copy
                await asyncio.sleep(0.05)


async def tapped(caller: Client) -> Tap:
    """From now on, until the caller leaves; a worker must have declared the exchanges."""
    tap = Tap()
    copies = await caller.channel.declare_queue(exclusive=True)
    for exchange in STEPS:
        await copies.bind(exchange)
    await copies.bind(DEAD, arguments=EVERYTHING)
    await copies.consume(tap.receive, no_ack=True)
    return tap


async def emptied(caller: Client) -> None:
    """Take away what waits, what is parked and what is to be done; no worker runs any more."""
    for name in (*STEPS, *map(queue, FAMILIES), DEAD):
        await (await caller.channel.get_queue(name, ensure=False)).purge()


@asynccontextmanager
async def locked(store: Store, user: int) -> AsyncIterator[None]:
    """Until the block ends every other writer of this user's row meets a write conflict; nothing is changed."""
    before = await store.client.admin.command({"setParameter": 1, LIFETIME: LOCKED_SECONDS})
    try:
        async with store.session() as session:
            await store.collection("users").update_one({"_id": user}, {"$set": {"sort": 1}}, session=session)
            yield
    finally:
        await store.client.admin.command({"setParameter": 1, LIFETIME: before["was"]})
