"""A pass over dead letters that takes longer than RabbitMQ leaves a message in a consumer's hands."""

import asyncio
import subprocess
from collections.abc import Iterator

import pytest

from dead_letters.queue import DeadLetterQueue
from devstack.local import LocalServer
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.cluster.broker_cluster import RABBITMQCTL
from tests.support.dead_letters import add_dead_letters, read_waiting_ids
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")
LONGEST, LOOKS = 8_000, 500  # milliseconds: half an hour and a minute elsewhere


def set_limits(server: LocalServer, longest: int, looks: int) -> None:
    """Have channels that are opened from now on closed where a message is in hand for so long."""
    limits = {"consumer_timeout": longest, "channel_tick_interval": looks}
    told = ", ".join(f"application:set_env(rabbit, {name}, {value})" for name, value in limits.items())
    words = [str(RABBITMQCTL), "-q", "eval", f"{told}."]
    subprocess.run(words, env=server.spec.env, check=True, timeout=PATIENCE, capture_output=True)


@pytest.fixture
def impatient(running: RunningServers) -> Iterator[None]:
    """A broker that leaves a message in hand for seconds only."""
    if not isinstance(running.rabbitmq, LocalServer):
        pytest.skip("the broker is not a program of this machine's, whose rabbitmqctl is called")
    set_limits(running.rabbitmq, LONGEST, LOOKS)
    yield
    set_limits(running.rabbitmq, 1_800_000, 60_000)


@pytest.mark.usefixtures("impatient")
async def test_a_long_pass_looks_at_each_once_and_keeps_what_it_leaves(client: Client, stack: Stack) -> None:
    ids, seen = await add_dead_letters(client, 6), list[str | None]()
    async with DeadLetterQueue(stack.amqp_url, hold_seconds=2.0) as queue:
        async for message in queue.read():
            seen.append(message.message_id)
            await asyncio.sleep(2.5)
            if len(seen) % 2:
                await queue.remove(message)
    assert seen == ids
    assert await read_waiting_ids(stack.amqp_url) == ids[1::2]
