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

from tests.support.client import Client
from tests.support.forked_programs import run_program
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class CommandResult:
    """How a command ended."""

    exit_code: int | None
    stdout: str
    stderr: str


Env = dict[str, str]


async def start_dead(
    amqp_url: str, *words: str, stdin: int = PIPE, stderr: int = PIPE, env: Env | None = None
) -> Process:
    """Start `userbus dead` in a process of its own."""
    argv = [sys.executable, "-m", "cli", "dead", *words]
    given = _environment(amqp_url, env)
    return await asyncio.create_subprocess_exec(*argv, stdin=stdin, stdout=PIPE, stderr=stderr, env=given)


def _environment(amqp_url: str, env: Env | None) -> Env:
    return {**os.environ, "USERBUS_AMQP_URL": amqp_url, "COLUMNS": "200", **(env or {})}


async def wait_ended(process: Process) -> CommandResult:
    """Wait until the command ends."""
    try:
        async with asyncio.timeout(PATIENCE):
            stdout, stderr = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return CommandResult(process.returncode, stdout.decode(), (stderr or b"").decode())


async def run_dead(
    amqp_url: str, *words: str, text: str = "", seconds: float = PATIENCE, env: Env | None = None
) -> CommandResult:
    """Run `userbus dead` to its end."""
    given = _environment(amqp_url, env)
    return CommandResult(*await asyncio.to_thread(run_program, ["cli", "dead", *words], given, text, seconds))


async def read_log(amqp_url: str, since: datetime) -> list[dict[str, Any]]:
    """The entries of `userbus dead log` since then."""
    lines = (await run_dead(amqp_url, "log", "--json")).stdout.splitlines()
    return [entry for entry in map(json.loads, lines) if datetime.fromisoformat(entry["at"]) >= since]


def handled_ids(entries: list[dict[str, Any]]) -> list[str]:
    """The message_ids in entries of the log."""
    return [message_id for entry in entries for message_id in entry.get("ids", [])]


async def add_dead_letters(
    client: Client, count: int, name: str = "user.create", body: Any = None, app_id: str | None = None, **headers: Any
) -> list[str]:
    """Publish dead letters as a worker does; their ids. Without a body each creates a user of its own."""
    ids = [uuid4().hex for _ in range(count)]
    cause = {"x-userbus-reason": "dead_lettered", "x-userbus-code": "service.fault", "x-attempt": 3, **headers}
    bodies = {each: json.dumps(body or {"username": f"u_{each[:12]}"}).encode() for each in ids}
    exchange = await client.channel.get_exchange("userbus.dead.letters", ensure=False)
    for start in range(0, count, 200):
        part = [(each, bodies[each]) for each in ids[start : start + 200]]
        messages = [
            aio_pika.Message(content, message_id=key, headers=cause, type=name, app_id=app_id) for key, content in part
        ]
        await asyncio.gather(*(exchange.publish(message, name) for message in messages))
    return ids


async def read_waiting(url: str) -> list[tuple[str, int]]:
    """The message_ids that wait, in order, each with how often it was delivered before; looking counts as one."""
    found = await read_queue(url)
    return [(str(each.message_id), int(str(each.headers.get("x-delivery-count", 0)))) for each in found]


async def read_waiting_ids(url: str) -> list[str]:
    """The message_ids that wait, in order."""
    return [message_id for message_id, _ in await read_waiting(url)]


async def read_queue(url: str, name: str = "userbus.dead") -> list[AbstractIncomingMessage]:
    """The messages in a queue, in order; they stay there."""
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue(name, passive=True)
        count = queue.declaration_result.message_count or 0
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await channel.set_qos(prefetch_count=50_000)
        await queue.consume(arrived.put)
        async with asyncio.timeout(PATIENCE):
            return [await arrived.get() for _ in range(count)]


async def drain(queue: AbstractQueue) -> list[AbstractIncomingMessage]:
    """Take what has come into a queue since the last call."""
    found = []
    while message := await queue.get(no_ack=True, fail=False):
        found.append(message)
    return found
