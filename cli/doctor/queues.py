"""How many messages wait in the queues, and whether anybody consumes them: what every user of RabbitMQ may see."""

import asyncio
from collections.abc import Iterator, Mapping

from cli.doctor.finding import Finding
from client.broker import QueueState, inspect_queues
from contracts.topology.parts import DeclaredQueue, Topology

AREA = "broker"
FULL = 0.8
MANY = 1000  # messages that wait in a queue
SECONDS = 10.0
LETTERS = {
    "userbus.dead": "`userbus dead list`",
    "userbus.dead.undeliverable": "`userbus dead drop-undeliverable`; find the client that sends them",
}
GROWS = "more workers, or stop who floods: `app_id` in the workers' log, for commands in `userbus audit` too"


def look_at_queues(url: str, topology: Topology) -> Iterator[Finding]:
    """Look at all queues over AMQP, where the management API is not to be had."""
    queues = {queue.name: queue for queue in topology.queues if not queue.is_stream}
    try:
        states = asyncio.run(_inspect(url, queues))
    except (OSError, TimeoutError) as error:
        told = f"the broker does not tell of them: {error or 'no answer'}"
        yield Finding("not seen", AREA, "queues", told, "is a node down? Its log says why")
        return
    for name, queue in queues.items():
        if state := states[name]:
            yield from check_depth(queue, state)
        else:
            yield Finding("broken", AREA, name, "is not there", "a worker declares it within seconds: start one")


def check_depth(queue: DeclaredQueue, state: QueueState) -> Iterator[Finding]:
    """What is to say of a queue by what waits in it and by its consumers."""
    waiting, limit = state.messages, queue.arguments.get("x-max-length")
    if waiting and queue.name in LETTERS:
        yield Finding("warning", AREA, queue.name, f"{waiting} messages", LETTERS[queue.name])
    elif limit and waiting > FULL * limit:
        yield Finding("broken", AREA, queue.name, f"{waiting} messages of {limit}", GROWS)
    is_work = not queue.is_stream and ".retry." not in queue.name and queue.name not in LETTERS
    if is_work and not state.consumers:
        yield Finding("broken", AREA, queue.name, "nobody consumes it", "start a worker, for that family")
    elif is_work and MANY <= waiting <= FULL * (limit or waiting):
        yield Finding("warning", AREA, queue.name, f"{waiting} messages wait", GROWS)


async def _inspect(url: str, names: Mapping[str, DeclaredQueue]) -> Mapping[str, QueueState | None]:
    async with asyncio.timeout(SECONDS):
        return await inspect_queues(url, names)
