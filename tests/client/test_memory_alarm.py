"""A broker that is short of memory takes no messages, but it gives out those that it has."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from client import connect
from client.members import INTERVAL
from devstack.local import LocalServer
from devstack.servers import RunningServers
from tests.support.cluster.broker_cluster import RABBITMQCTL
from tests.support.patience import PATIENCE
from tests.support.rabbitmq_alone import publish_events

USERS = range(20)


@pytest.fixture
def limit_memory(apart: RunningServers) -> Iterator[Callable[[str], None]]:
    """Sets the share of the machine's memory above which the broker takes nothing."""
    server = apart.rabbitmq
    if not isinstance(server, LocalServer):
        pytest.skip("needs a local RabbitMQ, whose limit rabbitmqctl sets")  # only local servers have one here

    def limit(share: str) -> None:
        words = [str(RABBITMQCTL), "-q", "set_vm_memory_high_watermark", share]
        subprocess.run(words, env=server.spec.env, check=True, timeout=PATIENCE, capture_output=True)

    yield limit
    limit("0.4")  # RabbitMQ's default


@pytest.mark.parametrize("partitions", [1, 2])
async def test_events_are_acknowledged_while_the_broker_takes_nothing(
    apart: RunningServers, limit_memory: Callable[[str], None], partitions: int
) -> None:
    consumer, url = f"c_{uuid4().hex[:12]}", apart.amqp_url
    await publish_events(url, (), ())
    async with (
        connect(url, app_id="billing") as bus,
        bus.events(consumer, prefetch=1, partitions=partitions) as events,
    ):
        await publish_events(url, USERS, [1])
        await anext(events)
        await asyncio.to_thread(limit_memory, "0.00001")
        await asyncio.sleep(3 * INTERVAL)  # in which processes tell one another that they are there
        async with asyncio.timeout(PATIENCE):
            given = {(await anext(events)).subject for _ in USERS[1:]}
    assert len(given) == len(USERS) - 1
