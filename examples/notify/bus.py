"""userbus over AMQP: a queue of events, requests that are sent until they are answered, dead letters."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import DeliveryError
from aiormq.abc import FieldTable

NAME = "notify"  # its RabbitMQ user, where userbus has a list of services; the queues begin with it
# One reader at a time keeps events in order; an event during which this program ended 50 times is a dead letter
QUEUE: FieldTable = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    "x-delivery-limit": 50,
    "x-dead-letter-exchange": f"{NAME}.dead",
}
LONGEST_PAUSE = 30.0

log = logging.getLogger(NAME)


class CannotTake(Exception):
    """Trying again does not help; the text says why."""


class Bus:
    """One channel of an open connection."""

    def __init__(self, channel: AbstractChannel, user: str, wait: float) -> None:
        self._channel = channel
        self._user = user
        self._wait = wait
        self._commands: AbstractExchange
        self._dead: AbstractExchange
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def open(self) -> None:
        """Begin to listen for answers, and make the place for dead letters."""
        self._commands = await self._channel.get_exchange("userbus.commands", ensure=False)
        self._dead = await self._channel.declare_exchange(f"{NAME}.dead", aio_pika.ExchangeType.FANOUT, durable=True)
        dead = await self._channel.declare_queue(f"{NAME}.dead", durable=True, arguments={"x-queue-type": "quorum"})
        await dead.bind(self._dead)
        replies = await self._channel.get_queue("amq.rabbitmq.reply-to", ensure=False)
        await replies.consume(self._receive, no_ack=True)

    async def declare_events(self, names: Iterable[str]) -> AbstractQueue:
        """Declare the durable queue of our own: userbus keeps no account of who has read what."""
        queue = await self._channel.declare_queue(f"{NAME}.events", durable=True, arguments=QUEUE)
        for name in names:
            await queue.bind("userbus.events", name)
        return queue

    async def ask(self, name: str, body: dict[str, Any]) -> Any:
        """The data of the answer; asks again, under the same message_id, while there is none or none yet.

        Raises CannotTake where asking again does not help.
        """
        message_id, pause = str(uuid4()), 0.2
        while True:
            reply = await self._ask_once(name, body, message_id)
            if reply["status"] == "done":
                return reply["data"]
            problem = reply["problem"]
            if problem["kind"] not in ("unavailable", "throttled"):
                raise CannotTake(f"{name} was refused: {problem['kind']}, {problem['code']}: {problem['message']}")
            log.warning("%s: %s; asking again", name, problem["message"])
            await asyncio.sleep((problem.get("details") or {}).get("retry_after") or pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def dead_letter(self, message: AbstractIncomingMessage, reason: str) -> None:
        """Keep a message in the queue of dead letters, with the reason as header."""
        letter = aio_pika.Message(
            message.body,
            content_type=message.content_type,
            message_id=message.message_id,
            type=message.type,
            headers={"x-reason": reason[:1000]},
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await self._dead.publish(letter, message.routing_key or "")

    async def _ask_once(self, name: str, body: dict[str, Any], message_id: str) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[message_id] = answer
        request = aio_pika.Message(
            json.dumps(body).encode(),
            content_type="application/json",
            type=name,
            message_id=message_id,
            correlation_id=message_id,
            reply_to="amq.rabbitmq.reply-to",
            app_id=NAME,
            user_id=self._user,
            headers={"x-deadline": int((time.time() + self._wait) * 1000)},
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        try:
            await self._commands.publish(request, name)
            async with asyncio.timeout(self._wait):
                return await answer
        except DeliveryError:
            return _unavailable("no queue takes it: no worker of userbus has run, or the queue is full")
        except TimeoutError:
            return _unavailable(f"no answer within {self._wait:g} s")
        finally:
            del self._answers[message_id]

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        answer = self._answers.get(message.correlation_id or "")
        if answer is not None and not answer.done():
            answer.set_result(json.loads(message.body))


def _unavailable(text: str) -> dict[str, Any]:
    return {"status": "failed", "problem": {"kind": "unavailable", "code": "notify.no_answer", "message": text}}


@asynccontextmanager
async def connect(url: str, wait: float) -> AsyncIterator[Bus]:
    """Connect until the block ends; an answer may take `wait` seconds."""
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel(on_return_raises=True)
        await channel.set_qos(prefetch_count=1)
        bus = Bus(channel, unquote(urlsplit(url).username or "guest"), wait)
        await bus.open()
        yield bus
