"""The log of events, deleted and declared anew under whoever reads it."""

import asyncio
from uuid import uuid4

import aio_pika

from client import connect
from contracts.catalog import EVENTS_LOG
from contracts.users import CreateUser
from tests.support.patience import PATIENCE
from tests.support.stack import Stack
from worker.bus.topology import declare


def name() -> str:
    return f"u_{uuid4().hex[:12]}"


async def test_a_replay_goes_on_with_a_log_that_is_declared_anew(stack: Stack) -> None:
    async with (
        connect(stack.amqp_url, app_id="billing", timeout=PATIENCE) as bus,
        bus.replay("next", "user.created") as events,
        await aio_pika.connect(stack.amqp_url) as connection,
    ):
        for _ in range(3):
            await bus.ask(CreateUser(username=name()))
            await anext(events)
        await (await connection.channel()).queue_delete(EVENTS_LOG)
        await declare(stack.amqp_url, 100_000, 7)
        user = await bus.ask(CreateUser(username=name()))
        event = await asyncio.wait_for(anext(events), PATIENCE)
        assert event.subject == f"user/{user.id}"
