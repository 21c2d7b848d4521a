"""`userbus dead` as a process of its own, and the dead letters that it works on."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from tests.client import Client
from tests.stack import Stack


@dataclass(frozen=True)
class Ended:
    """How a command went."""

    exit_code: int | None
    stdout: str
    stderr: str


Env = dict[str, str]


async def started(amqp_url: str, *words: str, stderr: int = PIPE, env: Env | None = None) -> Process:
    """`userbus dead`, in a process of its own as anybody runs it."""
    env = {**os.environ, "USERBUS_AMQP_URL": amqp_url, "COLUMNS": "200", **(env or {})}
    argv = [sys.executable, "-m", "cli", "dead", *words]
    return await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, stderr=stderr, env=env)


async def ended(process: Process, text: str = "", seconds: float = 60.0) -> Ended:
    """How it went, once it has; `text` is what is typed in."""
    try:
        async with asyncio.timeout(seconds):
            told, complained = await process.communicate(text.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(process.returncode, told.decode(), (complained or b"").decode())


async def dead_letters(
    amqp_url: str, *words: str, text: str = "", seconds: float = 60.0, env: Env | None = None
) -> Ended:
    """Run `userbus dead` to its end."""
    return await ended(await started(amqp_url, *words, env=env), text, seconds)


async def userbus(stack: Stack, *words: str, text: str = "") -> Ended:
    """Run `userbus dead` on the session's servers."""
    return await dead_letters(stack.amqp_url, *words, text=text)


async def log(amqp_url: str, since: datetime) -> list[dict[str, Any]]:
    """What `userbus dead log` tells of what was done since then."""
    lines = (await dead_letters(amqp_url, "log")).stdout.splitlines()
    return [entry for entry in map(json.loads, lines) if datetime.fromisoformat(entry["at"]) >= since]


async def dead(client: Client, count: int, name: str = "user.create", body: Any = None, **headers: Any) -> list[str]:
    """Dead letters as a worker parks them; their ids. Without a body each creates a user of its own."""
    ids = [uuid4().hex for _ in range(count)]
    cause = {"x-userbus-reason": "parked", "x-userbus-code": "service.fault", "x-attempt": 3, **headers}
    bodies = {each: json.dumps(body or {"username": f"u_{each[:12]}"}).encode() for each in ids}
    exchange = await client.channel.get_exchange("userbus.dead", ensure=False)
    for start in range(0, count, 200):
        part = [(each, bodies[each]) for each in ids[start : start + 200]]
        messages = [aio_pika.Message(octets, message_id=key, headers=cause, type=name) for key, octets in part]
        await asyncio.gather(*(exchange.publish(message, name) for message in messages))
    return ids


async def waiting(url: str) -> list[tuple[str, int]]:
    """The message_ids that are there, in order, each with how often it was delivered before; looking counts as one."""
    return [(str(each.message_id), int(str(each.headers.get("x-delivery-count", 0)))) for each in await held(url)]


async def held(url: str, name: str = "userbus.dead") -> list[AbstractIncomingMessage]:
    """The messages in a queue, in order, where they stay."""
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue(name, passive=True)
        count = queue.declaration_result.message_count or 0
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await channel.set_qos(prefetch_count=50_000)
        await queue.consume(arrived.put)
        async with asyncio.timeout(60):
            return [await arrived.get() for _ in range(count)]


async def sent(tap: AbstractQueue) -> list[AbstractIncomingMessage]:
    """What has come into a queue since the last look."""
    found = []
    while message := await tap.get(no_ack=True, fail=False):
        found.append(message)
    return found
