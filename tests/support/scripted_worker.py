"""A worker with a script: says over a real broker what a test wants said."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from contracts.catalog import COMMANDS_EXCHANGE

GOOD = "good-token"
NOW = "2026-11-20T12:00:00.000Z"
TOKEN = {
    "id": 1, "name": "billing", "scopes": ["*"], "created_at": NOW, "expires_at": NOW, "revision": 1,
}  # fmt: skip
USER = {
    "id": 42, "uuid": "37423702-051a-46b4-bf2b-f190759cc0b8", "username": "example_user", "created_at": NOW,
    "updated_at": NOW, "revision": 1,
}  # fmt: skip

Script = Callable[[dict[str, Any]], bytes | None]


def done(data: Any) -> bytes:
    """A done reply."""
    return json.dumps({"status": "done", "data": data}).encode()


def failed(code: str, kind: str = "conflict", details: Any = None) -> bytes:
    """A failed reply."""
    problem = {"kind": kind, "code": code, "message": "no", "details": details}
    return json.dumps({"status": "failed", "problem": problem}).encode()


@dataclass
class Responder:
    """Answers by name; keeps every request that it saw but token.verify's."""

    script: dict[str, Script] = field(default_factory=dict)
    seen: list[AbstractIncomingMessage] = field(default_factory=list)
    verified: int = 0

    def says(self, name: str, reply: bytes | None) -> None:
        """Answer `name` with these bytes, None = never."""
        self.script[name] = lambda _body: reply

    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the requests seen."""
        return [json.loads(message.body) for message in self.seen]

    def reply(self, message: AbstractIncomingMessage) -> bytes | None:
        """What the script says to a request."""
        name, body = message.routing_key or "", json.loads(message.body)
        if name == "token.verify":
            self.verified += 1
            known = {"token.verify": self._token} | self.script
            return known[name](body)
        self.seen.append(message)
        return self.script[name](body)

    @staticmethod
    def _token(body: dict[str, Any]) -> bytes:
        return done(TOKEN) if body["token"] == GOOD else failed("token.invalid", "unauthenticated")


@asynccontextmanager
async def responding(amqp_url: str) -> AsyncIterator[Responder]:
    """A responder that takes every request while the block runs."""
    responder = Responder()
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(COMMANDS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        await queue.consume(partial(_answer, channel, responder), no_ack=True)
        yield responder


async def _answer(channel: AbstractChannel, responder: Responder, message: AbstractIncomingMessage) -> None:
    body = responder.reply(message)
    if body is not None and message.reply_to:
        reply = aio_pika.Message(body, correlation_id=message.correlation_id, type="reply")
        await channel.default_exchange.publish(reply, message.reply_to, mandatory=False)


async def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it holds; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)
