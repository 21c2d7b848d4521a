"""Damage to processes, servers and the network, one kind each, while the load goes on."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.faults.stage import Post, Stage
from tests.proxy import Link, Matches, Proxy

Damage = Callable[[Stage], Awaitable[None]]
SOME = 100  # octets: an acknowledgement has 21, replies and events have hundreds, heartbeats 8


async def nothing(_: Stage) -> None:
    """No damage: what the other lines of the table are compared with."""


async def kill_a_worker(stage: Stage) -> None:
    stage.posts[0].dies()


async def kill_all_workers(stage: Stage) -> None:
    for post in stage.posts:
        post.dies()


async def replace_a_worker(stage: Stage) -> None:
    assert await stage.posts[0].worker.stopped() == 0
    stage.posts[0].worker = stage.posts[0].start()


async def kill_between_commit_and_reply(stage: Stage) -> None:
    await _dies_unheard(stage.posts[0], lambda link: not events(link))


async def kill_between_reply_and_acknowledgement(stage: Stage) -> None:
    await _dies_unheard(stage.posts[0], consuming)


async def kill_between_commit_and_event(stage: Stage) -> None:
    await _dies_unheard(await stage.leader(), events)


async def freeze_who_relays(stage: Stage) -> None:
    post = await stage.leader()
    post.freeze()
    async with asyncio.timeout(20):
        while await stage.leader() is post:
            await asyncio.sleep(0.1)
    post.thaw()


async def restart_rabbitmq(stage: Stage) -> None:
    await asyncio.to_thread(stage.servers.rabbitmq.restart)


async def kill_mongodb(stage: Stage) -> None:
    await asyncio.to_thread(stage.servers.mongo.kill)
    await asyncio.sleep(4)  # longer than what counts as a blip
    await asyncio.to_thread(stage.servers.mongo.start)


async def step_down(stage: Stage) -> None:
    await stage.store.client.admin.command({"replSetStepDown": 2, "force": True})


async def cut_the_broker_off(stage: Stage) -> None:
    await _harmed([post.broker for post in stage.posts], Proxy.cut, seconds=1)


async def cut_the_database_off(stage: Stage) -> None:
    await _harmed([post.database for post in stage.posts], Proxy.cut, seconds=1)


async def swallow_what_is_sent_to_the_broker(stage: Stage) -> None:
    await _harmed([post.broker for post in stage.posts], _swallow, seconds=4)


async def swallow_what_is_sent_to_the_database(stage: Stage) -> None:
    await _harmed([post.database for post in stage.posts], _swallow, seconds=4)


async def _harmed(proxies: list[Proxy], harm: Callable[[Proxy], None], seconds: float) -> None:
    for each in proxies:
        harm(each)
    await asyncio.sleep(seconds)
    for each in proxies:
        each.heal()


def _swallow(each: Proxy) -> None:
    each.hold(lambda _: True)


def consuming(link: Link) -> bool:
    """The connection on which deliveries come and are acknowledged."""
    return not link.named("userbus ")


def events(link: Link) -> bool:
    """The connection on which events leave."""
    return link.named("userbus outlet")


async def _dies_unheard(post: Post, matches: Matches) -> None:
    """Keep back what the worker says on these connections, and kill it once it has said something there."""
    post.broker.hold(matches)
    await post.broker.keeps(SOME)
    post.dies()
