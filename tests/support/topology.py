"""Queues in other forms than declared, and what `userbus topology` says of them."""

import json
from collections.abc import Mapping
from typing import Any

from aio_pika.abc import AbstractChannel

from contracts.topology.declared import declared_topology
from contracts.topology.parts import DeclaredQueue
from tests.support.command_line import run_userbus
from tests.support.restricted import RestrictedBroker

CLASSIC = {"x-queue-type": "classic"}


def declared_queue(name: str) -> DeclaredQueue:
    (queue,) = [queue for queue in declared_topology(100_000, 7).queues if queue.name == name]
    return queue


async def replace_queue(channel: AbstractChannel, name: str, arguments: Mapping[str, Any]) -> None:
    """Delete a queue and declare it with these arguments and its own bindings."""
    await channel.queue_delete(name)
    made = await channel.declare_queue(name, durable=True, arguments=dict(arguments))
    for binding in declared_queue(name).bindings:
        await made.bind(binding.exchange, binding.key, arguments=dict(binding.arguments))


async def run_topology(broker: RestrictedBroker, *words: str, **env: str) -> tuple[int, str, str]:
    """Run `userbus topology` as the worker's user: status, standard output, standard error."""
    given = {"USERBUS_MANAGEMENT_URL": broker.management_url, **env}
    return await run_userbus(given.pop("USERBUS_AMQP_URL", broker.urls["worker"]), "topology", *words, **given)


async def planned(broker: RestrictedBroker, **env: str) -> list[tuple[str, str]]:
    """The steps of the plan: what, and to which."""
    _, out, err = await run_topology(broker, "plan", "--json", **env)
    assert "Traceback" not in err
    return [(step["verb"], step["name"]) for step in map(json.loads, out.splitlines())]
