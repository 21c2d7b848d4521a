"""A worker dies at a chosen point: the proxy keeps back what it says from there on, then it is killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Program, SpawnWith, wait_served
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import Link, Matches, Proxy, proxy


@dataclass
class Scene:
    """One worker behind a proxy, and who talks to it."""

    worker: Program
    broker: Proxy
    caller: Client
    store: Store
    start: Callable[[], Program]

    async def wait_committed(self, key: str) -> dict[str, Any]:
        """The journal entry, once it is there."""
        async with asyncio.timeout(PATIENCE):
            while True:
                entry: dict[str, Any] | None = await self.store.collection("journal").find_one({"_id": key})
                if entry is not None:
                    return entry
                await asyncio.sleep(0.02)

    async def die(self) -> None:
        """Kill it, let the broker notice, and start another."""
        self.worker.kill()
        self.broker.cut()
        self.broker.heal()
        self.start()
        await wait_served(self.caller)

    async def read_revisions(self, username: str) -> list[int]:
        rows = self.store.collection("users").find({"username": username})
        return [row["revision"] async for row in rows]


@pytest.fixture
async def scene(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> AsyncIterator[Scene]:
    async with proxy(breakable.amqp_url) as (broker, amqp_url):

        def start() -> Program:
            return worker_with(USERBUS_AMQP_URL=amqp_url)

        program = start()
        await program.says("worker ready")
        yield Scene(program, broker, caller, store, start)


@asynccontextmanager
async def die_unheard(scene: Scene, matches: Matches) -> AsyncIterator[tuple[str, str, "asyncio.Task[dict[str, Any]]"]]:
    """A command is on its way while these links say nothing any more; then the worker dies."""
    key, username = uuid4().hex, f"u_{uuid4().hex[:12]}"
    scene.broker.hold(matches)
    call = asyncio.create_task(scene.caller.call("user.create", {"username": username}, message_id=key))
    yield key, username, call
    await scene.die()


def is_any(_: Link) -> bool:
    return True


def is_consuming(link: Link) -> bool:
    return not link.named("userbus ")


def is_publishing(link: Link) -> bool:
    return link.named("userbus publisher")


async def test_between_commit_and_reply(scene: Scene) -> None:
    async with die_unheard(scene, is_any) as (key, username, call):
        await scene.wait_committed(key)
        assert not call.done()
    assert (await call)["data"]["username"] == username
    assert await scene.read_revisions(username) == [1]


async def test_between_reply_and_acknowledgement(scene: Scene) -> None:
    async with die_unheard(scene, is_consuming) as (key, username, call):
        first = await call
    again = await scene.caller.call("user.create", {"username": username}, message_id=key)
    assert again == first
    assert await scene.read_revisions(username) == [1]
    async with asyncio.timeout(PATIENCE):
        while (await scene.caller.counted("userbus.user"))[0]:
            await asyncio.sleep(0.1)


async def test_between_commit_and_event(scene: Scene) -> None:
    events = await scene.caller.events("user.created")
    async with die_unheard(scene, is_publishing) as (key, username, call):
        assert (await call)["status"] == "done"
        assert (await scene.wait_committed(key))["pending"] == 1
    user = (await call)["data"]["id"]
    (event,) = await events.about(f"user/{user}", 1)
    assert (event["causationid"], event["sequence"], event["data"]["username"]) == (key, 1, username)
    assert await scene.read_revisions(username) == [1]
