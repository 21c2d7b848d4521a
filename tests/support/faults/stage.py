"""Several workers behind proxies, and a load upon them: what a damage can lay hands on."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.programs import ChildProgram, spawn
from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Program, SpawnWith
from tests.support.client import Client
from tests.support.faults.audit import QUEUES
from tests.support.gateway import Gateway, gateway
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy

SMS_SECRET = "a secret that signs webhooks"


@dataclass
class Post:
    """A worker, and the proxies between it and its servers."""

    worker: Program
    broker: Proxy
    database: Proxy
    start: Callable[[], Program]

    def freeze(self) -> None:
        """Let it stand still."""
        os.kill(self.worker.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.worker.pid, signal.SIGCONT)

    def die(self) -> None:
        """Kill it; what the proxies hold of its words is lost, and another takes its place."""
        self.worker.kill()
        for between in (self.broker, self.database):
            between.cut()
            between.heal()
        self.worker = self.start()


@dataclass
class Stage:
    """The servers, the workers, and the gateway that they send codes through."""

    servers: RunningServers
    store: Store
    posts: list[Post]
    gateway: Gateway

    async def find_leader(self) -> Post:
        """The post whose worker relays events."""
        async with asyncio.timeout(PATIENCE):
            while True:
                lease = await self.store.collection("leases").find_one({"_id": "relay"}) or {}
                held = lease.get("lanes", {}).get("0", {})
                owner = str(held.get("owner")).split(":")  # host, process, a random part
                found = [post for post in self.posts if str(post.worker.pid) in owner[1:2]]
                if found:
                    return found[0]
                await asyncio.sleep(0.1)

    async def wait_journalled(self, more: int, seconds: float = 120.0) -> None:
        """Wait until so many more commands have had their effect."""
        journal = self.store.collection("journal")
        before = await journal.estimated_document_count()
        async with asyncio.timeout(seconds):
            while await journal.estimated_document_count() < before + more:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_stage(
    servers: RunningServers, worker_with: SpawnWith, store: Store, count: int, **settings: str
) -> AsyncIterator[Stage]:
    """So many workers, each behind proxies of its own, with these settings; told to leave at the end."""
    async with AsyncExitStack() as exits:
        played = await exits.enter_async_context(gateway())
        sms = {"USERBUS_SMS_SENDER": "webhook", "USERBUS_SMS_URL": played.url, "USERBUS_SMS_SECRET": SMS_SECRET}
        start = _starter(worker_with, sms | settings)
        posts = [await _start_post(servers, start, exits) for _ in range(count)]
        for post in posts:
            await post.worker.says("worker ready")
        yield Stage(servers, store, posts, played)
        for post in posts:  # while their servers are still to be reached
            assert await post.worker.stopped() == 0


Start = Callable[[str, str], Program]


def _starter(worker_with: SpawnWith, settings: dict[str, str]) -> Start:
    return lambda amqp_url, mongo_url: worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url, **settings)


async def _start_post(servers: RunningServers, start: Start, exits: AsyncExitStack) -> Post:
    broker, amqp_url = await exits.enter_async_context(proxy(servers.amqp_url))
    database, mongo_url = await exits.enter_async_context(proxy(servers.mongo_url))
    return Post(start(amqp_url, mongo_url), broker, database, lambda: start(amqp_url, mongo_url))


@asynccontextmanager
async def other_queues(url: str) -> AsyncIterator[None]:
    """Workers may declare the queues with other arguments meanwhile: they are deleted before and after."""
    await _delete_queues(url)
    try:
        yield
    finally:
        await _delete_queues(url)


async def _delete_queues(url: str) -> None:
    async with Client(url) as caller:
        for queue in QUEUES:
            await caller.channel.queue_delete(queue)


@asynccontextmanager
async def run_load(amqp_url: str, commands: int, folder: Path, pause: float = 0.0) -> AsyncIterator[ChildProgram]:
    """The load, as a process of its own, until it has sent so many commands and had its answers."""
    words = [amqp_url, str(commands), str(folder / "sent.json"), str(pause)]
    load = spawn(
        [sys.executable, "-m", "tests.support.faults.load", *words], os.environ, folder / "load.log", name="load"
    )
    try:
        yield load
        async with asyncio.timeout(240):
            while load.exit_code is None:
                await asyncio.sleep(0.1)
        assert load.exit_code == 0, load.fault()
    finally:
        load.kill()


def read_sent(folder: Path) -> dict[str, Any]:
    """What the load has written down."""
    written: dict[str, Any] = json.loads((folder / "sent.json").read_text())
    return written
