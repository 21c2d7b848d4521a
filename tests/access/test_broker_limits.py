"""What one service may take of the broker: connections, channels, and what its queues hold."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import AMQPError

from access.rabbitmq_users import CHANNELS, CONNECTIONS, definitions
from access.service_grants import ServiceIdentity
from tests.support.patience import PATIENCE
from tests.support.restricted import RestrictedBroker

BYTES = {"service": 2**30, "anonymous": 2**28}
QUEUE_TYPES: dict[str, dict[str, Any]] = {
    "quorum": {"x-queue-type": "quorum"},
    "stream": {"x-queue-type": "stream"},
    "classic": {},
}


@pytest.fixture
async def channel(restricted: RestrictedBroker) -> AsyncIterator[AbstractChannel]:
    """A channel of a service that may only read."""
    async with await aio_pika.connect(restricted.urls["reader"]) as connection:
        yield await connection.channel()


async def applied_limits(broker: RestrictedBroker, queue: str) -> dict[str, Any]:
    """What policies give a queue; the management API tells it after some seconds."""
    async with asyncio.timeout(PATIENCE):
        while not (found := ask_management(broker, f"queues/%2F/{queue}").get("effective_policy_definition")):
            await asyncio.sleep(0.5)
    limits: dict[str, Any] = found
    return limits


def ask_management(broker: RestrictedBroker, path: str) -> Any:
    answer = httpx.get(f"{broker.management_url}/api/{path}")
    answer.raise_for_status()
    return answer.json()


async def test_a_service_has_a_hundred_connections(restricted: RestrictedBroker) -> None:
    async with AsyncExitStack() as held:
        for _ in range(CONNECTIONS):
            await held.enter_async_context(await aio_pika.connect(restricted.urls["statistics"]))
        with pytest.raises((AMQPError, ConnectionError)):
            await aio_pika.connect(restricted.urls["statistics"])
        async with await aio_pika.connect(restricted.urls["reader"]) as other:
            await other.channel()


async def test_a_service_has_a_thousand_channels(restricted: RestrictedBroker) -> None:
    async with await aio_pika.connect(restricted.urls["watcher"]) as connection:
        with pytest.raises((AMQPError, ConnectionError)):  # noqa: PT012  any of them may be refused
            for _ in range(CHANNELS + 1):
                await connection.channel(publisher_confirms=False)
            await (await connection.channel()).declare_queue(exclusive=True)
        async with await aio_pika.connect(restricted.urls["reader"]) as other:
            await other.channel()


@pytest.mark.parametrize("kind", QUEUE_TYPES)
async def test_a_queue_of_a_service_is_bounded(
    restricted: RestrictedBroker, channel: AbstractChannel, kind: str
) -> None:
    name = f"reader.{uuid4().hex}"
    queue = await channel.declare_queue(name, durable=True, arguments=QUEUE_TYPES[kind])
    limits = await applied_limits(restricted, name)
    await queue.delete(if_unused=False, if_empty=False)  # which quorum queues do not know
    assert limits["max-length-bytes"] == BYTES["service"]
    assert kind == "stream" or limits["max-length"] == 1_000_000


@pytest.mark.parametrize("kind", QUEUE_TYPES)
async def test_a_name_that_looks_generated_is_no_way_round(
    restricted: RestrictedBroker, channel: AbstractChannel, kind: str
) -> None:
    """A durable queue of such a name is of no service: it would be there for ever, and hold what it likes."""
    name = f"amq_{uuid4().hex}"
    queue = await channel.declare_queue(name, durable=True, arguments=QUEUE_TYPES[kind])
    limits = await applied_limits(restricted, name)
    await queue.delete(if_unused=False, if_empty=False)  # which quorum queues do not know
    assert limits["max-length-bytes"] == BYTES["anonymous"]
    assert kind == "stream" or (limits["max-length"], limits["expires"]) == (100_000, 1_800_000)


async def test_queues_of_all_together_are_bounded(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    (found,) = ask_management(restricted, "vhost-limits")
    assert found == {"vhost": "/", "value": {"max-queues": 10_000}}


def test_policies_take_in_what_a_service_may_name_and_nothing_of_userbus() -> None:
    made = definitions({}, [ServiceIdentity("crm"), ServiceIdentity("crm-two")])
    patterns = {policy["name"]: re.compile(policy["pattern"]) for policy in made["policies"]}

    def of(name: str) -> set[str]:
        return {policy.removesuffix(".streams") for policy, pattern in patterns.items() if pattern.search(name)}

    assert of("crm.events") == {"service.crm"}
    assert of("crm-two.events") == {"service.crm-two"}
    assert of("amq.gen-JzTY20BRgKO") == of("amq_" + "0f" * 16) == {"anonymous"}
    for name in ("userbus.user", "userbus.events.log", "crmx.events", "xcrm.events", "amq_", f"x.amq_{'0f' * 16}"):
        assert of(name) == set()
