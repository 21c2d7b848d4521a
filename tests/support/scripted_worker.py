"""A worker that sends the replies that a test has set, over a real broker."""

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
from tests.support.patience import PATIENCE

GOOD = "good-token"
NOW = "2026-11-20T12:00:00.000Z"
TOKEN = {
    "id": 1, "name": "billing", "scopes": ["*"], "created_at": NOW,
    "expires_at": "9999-12-31T23:59:59.000Z", "revision": 1,
}  # fmt: skip
USER = {
    "id": 42, "uuid": "37423702-051a-46b4-bf2b-f190759cc0b8", "username": "example_user", "created_at": NOW,
    "updated_at": NOW, "revision": 1,
}  # fmt: skip
SESSION = {
    "id": 1, "user_id": 42, "realm": "standard", "tenant_id": None, "remembered": False, "sliding": True,
    "lifetime": 3600, "created_at": NOW, "expires_at": NOW, "revision": 1,
}  # fmt: skip

Script = Callable[[dict[str, Any]], bytes | None]


def done_reply(data: Any) -> bytes:
    """A done reply."""
    return json.dumps({"status": "done", "data": data}).encode()


def failed_reply(code: str, kind: str = "conflict", details: Any = None) -> bytes:
    """A failed reply."""
    problem = {"kind": kind, "code": code, "message": "no", "details": details}
    return json.dumps({"status": "failed", "problem": problem}).encode()


@dataclass
class ScriptedWorker:
    """Replies by name; records every request except for token.verify, which it only counts."""

    script: dict[str, Script] = field(default_factory=dict)
    requests: list[AbstractIncomingMessage] = field(default_factory=list)
    verifications: int = 0

    def set_reply(self, name: str, reply: bytes | None) -> None:
        """Reply to `name` with these bytes, None = never."""
        self.script[name] = lambda _body: reply

    def reset(self) -> None:
        """Forget the script and the requests."""
        self.script.clear()
        self.requests.clear()
        self.verifications = 0

    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the recorded requests."""
        return [json.loads(message.body) for message in self.requests]

    def reply_to(self, message: AbstractIncomingMessage) -> bytes | None:
        """The reply to a request, None = none."""
        name, body = message.routing_key or "", json.loads(message.body)
        if name == "token.verify":
            self.verifications += 1
            known = {"token.verify": self._token_reply} | self.script
            return known[name](body)
        self.requests.append(message)
        return self.script[name](body)

    @staticmethod
    def _token_reply(body: dict[str, Any]) -> bytes:
        return done_reply(TOKEN) if body["token"] == GOOD else failed_reply("token.invalid", "unauthenticated")


async def forget_workers(amqp_url: str) -> None:
    """Delete the exchange of requests, where a real worker has declared it with an alternate exchange."""
    async with await aio_pika.connect(amqp_url) as connection:
        await (await connection.channel()).exchange_delete(COMMANDS_EXCHANGE)


@asynccontextmanager
async def run_scripted_worker(amqp_url: str) -> AsyncIterator[ScriptedWorker]:
    """A worker that takes every request while the block runs."""
    worker = ScriptedWorker()
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(COMMANDS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        await queue.consume(partial(_answer, channel, worker), no_ack=True)
        yield worker


async def _answer(channel: AbstractChannel, worker: ScriptedWorker, message: AbstractIncomingMessage) -> None:
    body = worker.reply_to(message)
    if body is not None and message.reply_to:
        reply = aio_pika.Message(body, correlation_id=message.correlation_id, type="reply")
        await channel.default_exchange.publish(reply, message.reply_to, mandatory=False)


async def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until the condition holds; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)
