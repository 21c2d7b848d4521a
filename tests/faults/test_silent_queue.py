"""A queue of queries that does not answer, as one of a lost node with RabbitMQ 4: its queries go another way."""

import asyncio
from typing import Any
from uuid import uuid4

from devstack.servers import RunningServers
from tests.faults.conftest import Spawn, wait_served
from tests.faults.test_backup import control
from tests.support.client import Client
from tests.support.patience import PATIENCE

QUEUE = "userbus.user.queries"
PROCESS = f'amqqueue:get_pid(element(2, rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{QUEUE}">>))))'


async def test_queries_go_past_a_queue_that_does_not_answer_until_it_does(
    breakable: RunningServers, worker: Spawn, caller: Client
) -> None:
    program = worker()
    await wait_served(caller)
    control(breakable.rabbitmq, "eval", f"sys:suspend({PROCESS}).")
    try:
        async with asyncio.timeout(PATIENCE):
            while (reply := await ask(caller)) is None:
                await asyncio.sleep(0.1)
    finally:
        control(breakable.rabbitmq, "eval", f"sys:resume({PROCESS}).")
    assert reply["problem"]["code"] == "user.not_found"
    await program.says("the queue answers again")
    assert (await caller.refused("user.get", {"username": uuid4().hex}))["code"] == "user.not_found"


async def ask(caller: Client) -> dict[str, Any] | None:
    """The reply to a query, if one comes soon."""
    try:
        async with asyncio.timeout(2):  # the queue does not confirm either
            return await caller.call("user.get", {"username": uuid4().hex})
    except TimeoutError:
        return None
