"""The queues that an example makes for itself, as a test looks into them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from tests.support.patience import PATIENCE
from tests.support.scripted_worker import ScriptedWorker, failed_reply

REFUSED = ("invalid", "unauthenticated", "denied", "not_found", "conflict", "internal")
NO_EVENTS = (b"\xff", b'"text"', b'{"id": "1", "data": {"id": "2"}}')


def make_event(name: str, user_id: int = 42) -> tuple[str, bytes]:
    """An event about a user that nobody has published, and its id."""
    made = uuid4().hex
    about = {"id": made, "type": f"userbus.{name}.v1", "subject": f"user/{user_id}"}
    return made, json.dumps({**about, "data": {"id": user_id}}).encode()


@dataclass(frozen=True)
class OwnQueues:
    """`<name>.events` and `<name>.dead`; the test's own channel."""

    name: str
    channel: AbstractChannel

    async def give(self, body: bytes, **properties: Any) -> None:
        """Put a message into the queue of events."""
        message = aio_pika.Message(body, **{"content_type": "application/cloudevents+json", **properties})
        await self.channel.default_exchange.publish(message, f"{self.name}.events")

    async def take_dead_letter(self) -> AbstractIncomingMessage:
        """Wait for the next dead letter, and take it."""
        dead = await self.channel.get_queue(f"{self.name}.dead", ensure=False)
        async with asyncio.timeout(PATIENCE):
            while (letter := await dead.get(no_ack=True, fail=False)) is None:
                await asyncio.sleep(0.05)
        return letter

    async def require_dead_letters_of_no_events(self) -> None:
        """Give what is no event; each must become a dead letter as it was."""
        for body in NO_EVENTS:
            await self.give(body)
            letter = await self.take_dead_letter()
            assert (letter.body, str(letter.headers["x-reason"])[:22]) == (body, "no event of userbus: i")

    async def require_dead_letters_of_refusals(self, worker: ScriptedWorker, command: str, event: str) -> None:
        """Give events whose command is refused in each way that is not sent again; each must become a dead letter."""
        for kind in REFUSED:
            worker.set_reply(command, failed_reply(f"some.{kind}", kind))
            await self.give(make_event(event)[1])
            reason = (await self.take_dead_letter()).headers["x-reason"]
            assert reason == f"{command} was refused: {kind}, some.{kind}: no"
        assert len(worker.requests) == len(REFUSED)

    async def wait_empty(self) -> None:
        """Wait until every event is acknowledged: no consumer is left, and nothing in the queue."""
        async with asyncio.timeout(PATIENCE):
            while await self._counted() != (0, 0):
                await asyncio.sleep(0.05)

    async def _counted(self) -> tuple[int, int]:
        found = (await self.channel.declare_queue(f"{self.name}.events", passive=True)).declaration_result
        return found.message_count or 0, found.consumer_count or 0


@asynccontextmanager
async def own_queues(amqp_url: str, name: str) -> AsyncIterator[OwnQueues]:
    """Look into the queues until the block ends, which deletes them."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        yield OwnQueues(name, channel)
        for each in (f"{name}.events", f"{name}.dead"):
            await channel.queue_delete(each)
        await channel.exchange_delete(f"{name}.dead")
