"""Commands that are committed together: what befalls one of them, or their worker, takes nothing from the others."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Program, SpawnWith, wait_served
from tests.faults.test_workers import Bodies, check_effects, check_events, creation_bodies, publish
from tests.support.client import Client
from tests.support.faults.retry_probes import lock_row
from tests.support.patience import PATIENCE
from tests.support.proxy import Link, Proxy, proxy

COUNT = 20
LARGE = b'{"username": "%s"}' % (b"x" * 16_000_000)
Replies = list["asyncio.Task[dict[str, Any]]"]


@dataclass
class Commits:
    """The commits of a worker, which a test holds back on their way to the database.

    `largest` is the number of journal entries in the largest group so far.
    """

    database: Proxy
    largest: int = 0
    _holds: bool = False
    _passed: set[bytes] = field(default_factory=set)

    def hold(self) -> None:
        """Let pass what is held now, and hold every later commit."""
        self._passed |= {link.kept for link in self.database.links}
        self._holds = True
        self.database.hold(self._is_held)

    def release(self) -> None:
        """Let pass what is held now, and every later commit."""
        self._holds = False
        self.database.hold(self._is_held)

    async def wait_held(self) -> None:
        """Wait until a commit is held."""
        async with asyncio.timeout(PATIENCE):
            while not any(map(self._is_held, self.database.links)):
                await asyncio.sleep(0.005)

    def _is_held(self, link: Link) -> bool:
        self.largest = max(self.largest, link.kept.count(b"canonical_digest"))
        return self._holds and b"commitTransaction" in link.kept and link.kept not in self._passed


@dataclass
class Scene:
    """A worker with a proxy before each server, and who talks to it."""

    worker: Program
    broker: Proxy
    commits: Commits
    caller: Client
    store: Store

    async def hold_earlier(self) -> tuple[Bodies, Replies]:
        """Send a command and hold its commit: later ones wait for it, and share a group."""
        self.commits.hold()
        bodies = creation_bodies(1)
        replies = await publish(self.caller, bodies)
        await self.commits.wait_held()
        return bodies, replies

    async def wait_taken(self) -> None:
        """Wait until the worker has every command in flight."""
        async with asyncio.timeout(PATIENCE):
            while (await self.caller.counted("userbus.user"))[0]:
                await asyncio.sleep(0.02)

    async def commit_together(self, bodies: Bodies) -> Replies:
        """Send user.create so that the commands share a group, and let it be committed."""
        _, earlier = await self.hold_earlier()
        replies = await publish(self.caller, bodies)
        await self.wait_taken()
        self.commits.release()
        await asyncio.gather(*earlier)
        return replies

    async def read_committed(self, bodies: Bodies) -> set[str]:
        """The ids of the commands that have a journal entry."""
        found = self.store.collection("journal").find({"_id": {"$in": [*bodies]}}, {"_id": 1})
        return {row["_id"] async for row in found}


@pytest.fixture
async def scene(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> AsyncIterator[Scene]:
    async with proxy(breakable.amqp_url) as (broker, amqp_url), proxy(breakable.mongo_url) as (database, mongo_url):
        program = worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url)
        await program.says("worker ready")
        await wait_served(caller)
        yield Scene(program, broker, Commits(database), caller, store)
        broker.heal()
        database.heal()


async def test_a_worker_that_dies_before_the_commit_of_a_group_has_done_nothing(
    scene: Scene, worker_with: SpawnWith
) -> None:
    """The documents of the group are written, its commit is on the way."""
    first, earlier = await scene.hold_earlier()
    bodies = creation_bodies(COUNT)
    replies = await publish(scene.caller, bodies)
    await scene.wait_taken()
    scene.commits.hold()
    await asyncio.gather(*earlier)
    await scene.commits.wait_held()
    scene.worker.kill()
    assert scene.commits.largest > 1
    assert await scene.read_committed(first | bodies) == {*first}
    worker_with()
    assert {reply["status"] for reply in await asyncio.gather(*replies)} == {"done"}
    await check_effects(scene.store, scene.caller, first | bodies)
    await check_events(scene.store, first | bodies)


async def test_a_worker_that_dies_after_the_commit_of_a_group_has_done_all_of_it_once(
    scene: Scene, worker_with: SpawnWith
) -> None:
    """No reply has left yet: all of them come from the journal."""
    _, earlier = await scene.hold_earlier()
    bodies = creation_bodies(COUNT)
    replies = await publish(scene.caller, bodies)
    await scene.wait_taken()
    scene.broker.hold(lambda _: True)
    scene.commits.release()
    async with asyncio.timeout(PATIENCE):
        while await scene.read_committed(bodies) < {*bodies}:
            await asyncio.sleep(0.02)
    assert not any(reply.done() for reply in [*earlier, *replies])
    scene.worker.kill()
    assert scene.commits.largest > 1
    scene.broker.cut()
    worker_with()
    assert {reply["status"] for reply in await asyncio.gather(*earlier, *replies)} == {"done"}
    await check_effects(scene.store, scene.caller, bodies)
    await check_events(scene.store, bodies)


async def test_what_befalls_one_command_of_a_group_takes_nothing_from_the_others(scene: Scene) -> None:
    """A taken e-mail address, a write that conflicts, a body of 16 MB."""
    await check_duplicate(scene)
    await check_conflict(scene)
    await check_large_body(scene)
    assert scene.commits.largest > 1
    assert scene.worker.exit_code is None


async def check_duplicate(scene: Scene) -> None:
    bodies = creation_bodies(COUNT)
    first, *_, last = bodies.values()
    first["email"] = last["email"] = f"{uuid4().hex}@example.com"
    replies = [await reply for reply in await scene.commit_together(bodies)]
    ((loser, refusal),) = (
        (key, reply) for key, reply in zip(bodies, replies, strict=True) if reply["status"] != "done"
    )
    assert (refusal["problem"]["code"], bodies[loser] in (first, last)) == ("user.email_taken", True)
    others = {key: body for key, body in bodies.items() if key != loser}
    await check_effects(scene.store, scene.caller, others)
    await check_events(scene.store, others)


async def check_conflict(scene: Scene) -> None:
    user = await scene.caller.done("user.create", {"username": uuid4().hex})
    bodies = creation_bodies(COUNT)
    async with lock_row(scene.store, user["id"]):
        change = asyncio.create_task(scene.caller.call("user.update", {"id": user["id"], "company": "acme"}))
        replies = await asyncio.gather(*await scene.commit_together(bodies))
        assert {reply["status"] for reply in replies} == {"done"}
        assert not change.done()
    assert (await change)["data"]["company"] == "acme"
    await check_effects(scene.store, scene.caller, bodies)
    await check_events(scene.store, bodies)


async def check_large_body(scene: Scene) -> None:
    bodies = creation_bodies(COUNT)
    refusal = asyncio.create_task(scene.caller.call("user.create", LARGE))
    replies = await asyncio.gather(*await scene.commit_together(bodies))
    assert {reply["status"] for reply in replies} == {"done"}
    assert (await refusal)["problem"]["code"] == "message.too_large"
    await check_effects(scene.store, scene.caller, bodies)
    await check_events(scene.store, bodies)
