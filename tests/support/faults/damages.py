"""Damage to processes, servers and the network, one kind each, while the load goes on."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.support.faults.stage import Post, Stage
from tests.support.patience import PATIENCE
from tests.support.proxy import Link, Matches, Proxy

Damage = Callable[[Stage], Awaitable[None]]
SOME = 100  # octets: an acknowledgement has 21, replies and events have hundreds, heartbeats 8


async def nothing(_: Stage) -> None:
    """No damage: what the other lines of the table are compared with."""


async def kill_a_worker(stage: Stage) -> None:
    stage.posts[0].die()


async def kill_all_workers(stage: Stage) -> None:
    for post in stage.posts:
        post.die()


async def kill_between_commit_and_reply(stage: Stage) -> None:
    await _kill_unheard(stage.posts[0], lambda link: not is_sending_events(link))


async def kill_between_reply_and_acknowledgement(stage: Stage) -> None:
    await _kill_unheard(stage.posts[0], is_consuming)


async def kill_between_commit_and_event(stage: Stage) -> None:
    await _kill_unheard(await stage.find_leader(), is_sending_events)


async def freeze_who_relays(stage: Stage) -> None:
    post = await stage.find_leader()
    post.freeze()
    async with asyncio.timeout(PATIENCE):
        while await stage.find_leader() is post:
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
    await _harm([post.broker for post in stage.posts], Proxy.cut, seconds=1)


async def cut_the_database_off(stage: Stage) -> None:
    await _harm([post.database for post in stage.posts], Proxy.cut, seconds=1)


async def swallow_what_is_sent_to_the_broker(stage: Stage) -> None:
    await _harm([post.broker for post in stage.posts], _swallow, seconds=4)


async def swallow_what_is_sent_to_the_database(stage: Stage) -> None:
    await _harm([post.database for post in stage.posts], _swallow, seconds=4)


async def _harm(proxies: list[Proxy], harm: Callable[[Proxy], None], seconds: float) -> None:
    for each in proxies:
        harm(each)
    await asyncio.sleep(seconds)
    for each in proxies:
        each.heal()


def _swallow(each: Proxy) -> None:
    each.hold(lambda _: True)


def is_consuming(link: Link) -> bool:
    """The connection on which deliveries come and are acknowledged."""
    return not link.named("userbus ")


def is_sending_events(link: Link) -> bool:
    """The connection on which events leave."""
    return link.named("userbus publisher")


async def _kill_unheard(post: Post, matches: Matches) -> None:
    """Keep back what the worker says on these connections, and kill it once it has said something there."""
    post.broker.hold(matches)
    await post.broker.keeps(SOME)
    post.die()
