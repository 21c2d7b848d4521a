"""user.get and user.create over the bus, one worker, against the bare floor; both under the same load, in turn.

Run: python -m bench.bus [calls] [concurrency] [rounds]
"""

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage

from devstack.programs import ChildProgram, spawn
from devstack.servers import servers

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
AT_ONCE = int(sys.argv[2]) if len(sys.argv) > 2 else 64
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3


@dataclass(frozen=True)
class Target:
    """Who is asked: an exchange and key, or a queue."""

    name: str
    exchange: str
    key: str | None
    program: ChildProgram

    def cpu(self) -> float:
        """Seconds of processor time that its process has used."""
        fields = Path(f"/proc/{self.program.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """Many calls in flight on one connection."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, replies: aio_pika.abc.AbstractQueue) -> None:
        self._channel = channel
        self._replies = replies
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    async def listen(self) -> None:
        await self._replies.consume(self._receive, no_ack=True)

    async def call(self, target: Target, name: str, body: dict[str, Any]) -> Any:
        correlation = uuid4().hex
        answer = self._waiting[correlation] = asyncio.get_running_loop().create_future()
        exchange = await self._channel.get_exchange(target.exchange, ensure=False)
        message = aio_pika.Message(
            json.dumps(body).encode(), message_id=correlation, correlation_id=correlation, type=name,
            reply_to=self._replies.name, headers={"x-deadline": int(time.time() * 1000) + 30_000},
        )  # fmt: skip
        await exchange.publish(message, target.key or name)
        return json.loads(await asyncio.wait_for(answer, 60))

    async def run(self, target: Target, name: str, bodies: Iterator[dict[str, Any]]) -> tuple[float, float, float]:
        """Calls a second, the median in ms, and the worker's µs of processor time a call."""
        taken: list[float] = []

        async def one() -> None:
            for body in bodies:
                began = time.perf_counter()
                await self.call(target, name, body)
                taken.append(time.perf_counter() - began)

        cpu, began = target.cpu(), time.perf_counter()
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
        spent = time.perf_counter() - began
        return len(taken) / spent, sorted(taken)[len(taken) // 2] * 1e3, (target.cpu() - cpu) / len(taken) * 1e6

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        answer = self._waiting.pop(message.correlation_id or "", None)
        if answer and not answer.done():
            answer.set_result(message.body)


def creates() -> Iterator[dict[str, Any]]:
    for _ in range(CALLS):
        word = secrets.token_hex(6)
        yield {"username": f"u{word}", "email": f"{word}@example.com"}


async def measure(url: str, targets: list[Target]) -> None:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=False)
        load = Load(channel, await channel.declare_queue(exclusive=True))
        await load.listen()
        ids = {}
        for target in targets:
            made = await load.call(target, "user.create", next(creates()))
            ids[target.name] = made["data"]["id"] if "data" in made else made["_id"]
        print(f"{CALLS} calls, {AT_ONCE} in flight")
        for _ in range(ROUNDS):
            for name in ("user.get", "user.create"):
                for target in targets:
                    gets = ({"id": ids[target.name]} for _ in range(CALLS))
                    rate, median, cpu = await load.run(target, name, gets if name == "user.get" else creates())
                    line = f"{rate:7.0f}/s   p50 {median:6.1f} ms   worker {cpu:6.0f} µs a call"
                    print(f"{name:12} {target.name:8} {line}", flush=True)


def _wait_for(program: ChildProgram, words: str) -> None:
    while not (program.log.exists() and words in program.log.read_text()):
        if fault := program.fault():
            raise SystemExit(fault)
        time.sleep(0.05)  # a log that another process writes can only be looked at


@contextmanager
def workers(amqp_url: str, mongo_url: str, home: Path) -> Iterator[list[Target]]:
    env = {
        **os.environ,
        "USERBUS_AMQP_URL": amqp_url,
        "USERBUS_MONGO_URL": mongo_url,
        "USERBUS_SECRET_KEY": secrets.token_hex(32),
    }
    ours = spawn([sys.executable, "-m", "handlers"], env, home / "ours.log")
    bare = spawn([sys.executable, "-m", "bench.bare"], env, home / "bare.log")
    try:
        _wait_for(ours, "worker ready")
        _wait_for(bare, "ready")
        yield [Target("userbus", "userbus.commands", None, ours), Target("bare", "", "bench.bare", bare)]
    finally:
        bare.kill()
        ours.stop()


def main() -> None:
    with (
        TemporaryDirectory() as folder,
        servers(Path(folder)) as running,
        workers(running.amqp_url, running.mongo_url, Path(folder)) as targets,
    ):
        uvloop.run(measure(running.amqp_url, targets))


if __name__ == "__main__":
    main()
