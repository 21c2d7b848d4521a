"""Damage by what is sent, and by a gateway that does not do its part, while the load goes on."""

import asyncio
import json
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from aio_pika.exceptions import DeliveryError

from tests.faults.test_workers import check_effects, check_events, creation_bodies
from tests.support.client import Client
from tests.support.faults.attack import account_for, attack
from tests.support.faults.stage import Stage

POISON = 1000
RIVALS = 40
SEED = 2


async def poison_the_queues(stage: Stage) -> None:
    made = await attack(stage.servers.amqp_url, SEED, POISON)
    await account_for(made, stage.store, stage.servers.amqp_url)
    assert (made.unexplained, made.unanswered, made.stray, made.faults) == ([], [], [], [])


async def fill_a_queue(stage: Stage) -> None:
    """Senders are refused while the workers stand still; sent again, everything has its effect, once."""
    async with Client(stage.servers.amqp_url) as caller:
        for post in stage.posts:
            post.freeze()
        bodies = creation_bodies(1000)
        kept = {key: body for key, body in bodies.items() if await try_send(caller, key, body)}
        await asyncio.sleep(2)  # the load is refused meanwhile
        for post in stage.posts:
            post.thaw()
        assert 100 <= len(kept) < 1000
        await check_events(stage.store, kept, seconds=60, entries=len(kept))
        some = dict([*bodies.items()][::10])
        while not all([await try_send(caller, key, body) for key, body in some.items()]):
            await asyncio.sleep(0.1)
        await check_effects(stage.store, caller, some)
        names = [body["username"] for body in (kept | some).values()]
        assert await stage.store.collection("users").count_documents({"username": {"$in": names}}) == len(names)


async def try_send(caller: Client, key: str, body: dict[str, Any]) -> bool:
    """Whether a queue took a command."""
    try:
        await caller.send("user.create", body, message_id=key)
    except DeliveryError:
        return False
    return True


async def send_one_command_fifty_times_at_once(stage: Stage) -> None:
    key, body = uuid4().hex, {"username": uuid4().hex[:20]}
    async with Client(stage.servers.amqp_url) as caller:
        events = await caller.events("user.created")
        replies = await asyncio.gather(*(caller.settle("user.create", body, message_id=key) for _ in range(50)))
        assert len({json.dumps(reply, sort_keys=True) for reply in replies}) == 1
        assert replies[0]["status"] == "done"
        assert await stage.store.collection("users").count_documents(body) == 1
        (event,) = await events.about(f"user/{replies[0]['data']['id']}", 1)
        assert event["sequence"] == 1


async def race_for_one_email(stage: Stage) -> None:
    email = f"{uuid4().hex[:12]}@example.com"
    spellings = [email, email.upper()]
    async with Client(stage.servers.amqp_url) as caller:
        bodies = {uuid4().hex: {"email": spellings[number % 2]} for number in range(RIVALS)}
        calls = (caller.settle("user.create", body, message_id=key) for key, body in bodies.items())
        replies = await asyncio.gather(*calls)
    codes = Counter("done" if reply["status"] == "done" else reply["problem"]["code"] for reply in replies)
    assert codes == {"done": 1, "user.email_taken": RIVALS - 1}
    assert await stage.store.collection("users").count_documents({"logins": email}) == 1


async def let_the_gateway_hang(stage: Stage) -> None:
    """For 30 s; whoever needs no code is served meanwhile."""
    stage.gateway.open.clear()
    began = time.monotonic()
    await stage.gateway.arrived(len(stage.gateway.received) + 1)
    await stage.wait_journalled(300, seconds=25)
    await asyncio.sleep(began + 30 - time.monotonic())
    stage.gateway.open.set()


async def let_the_gateway_fail(stage: Stage) -> None:
    stage.gateway.answers[:] = [(500, {})]
    await asyncio.sleep(10)
    stage.gateway.answers[:] = [(200, {})]
