"""Every exchange, queue and binding of userbus, as its settings have it."""

from collections.abc import Iterable
from typing import Any

from contracts.catalog import (
    COMMANDS_EXCHANGE,
    DEAD,
    DEAD_INCOMING,
    DEAD_LETTERS,
    DEAD_LOG,
    DEAD_UNDELIVERABLE,
    EVENTS_EXCHANGE,
    EVENTS_LOG,
    FAMILIES,
    PLAIN_EVENTS_EXCHANGE,
    UNKNOWN,
    WEBHOOKS,
    names,
)
from contracts.entry import query_queue, queue
from contracts.topology.parts import DeclaredBinding, DeclaredExchange, DeclaredQueue, Topology
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue

MEMBERS = 3  # of each quorum queue and stream, on as many nodes; where a cluster has fewer, all of them
DELIVERY_LIMIT = 10
DEAD_DELIVERY_LIMIT = 1_000_000  # reading a dead letter counts as a delivery: RabbitMQ 4 would drop it after 20
RETRY_LENGTH = 100_000
WEBHOOKS_LENGTH = 1_000_000
RELAY_EXCHANGE = "userbus.relay"
RELAY_LANES_EXCHANGE = "userbus.relay.lanes"

_QUORUM = {"x-queue-type": "quorum", "x-quorum-initial-group-size": MEMBERS, "x-queue-leader-locator": "balanced"}
_STREAM = {"x-queue-type": "stream", "x-initial-cluster-size": MEMBERS, "x-queue-leader-locator": "balanced"}


def declared_topology(length: int, days: int) -> Topology:
    """Return everything. `length` bounds each work queue, `days` is how long the events log keeps events."""
    families = [made for family in FAMILIES for made in _family(family, length)]
    unknown = DeclaredQueue(UNKNOWN, _work_arguments(length), _fanout(UNKNOWN, UNKNOWN))
    queues = (*families, unknown, _WEBHOOKS, *map(_retry, RETRY_STEPS), *_DEAD_QUEUES, _events_log(days))
    return Topology(_EXCHANGES, queues)


def _work_arguments(length: int) -> dict[str, Any]:
    """Bounded deliveries and length, dead letters at least once."""
    return {**_QUORUM, "x-delivery-limit": DELIVERY_LIMIT, **_dead_letters_to(DEAD), "x-max-length": length}


def _dead_letters_to(exchange: str) -> dict[str, Any]:
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def _fanout(exchange: str, name: str) -> tuple[DeclaredBinding, ...]:
    return (DeclaredBinding(exchange, name),)  # a fanout exchange does not look at the key


def _by_names(bound: Iterable[str]) -> tuple[DeclaredBinding, ...]:
    return tuple(DeclaredBinding(COMMANDS_EXCHANGE, name) for name in bound)


def _family(family: str, length: int) -> tuple[DeclaredQueue, DeclaredQueue]:
    # queries are neither replicated nor kept, since a caller asks again
    queries = {"x-queue-type": "classic", "x-overflow": "reject-publish", "x-max-length": length}
    return (
        DeclaredQueue(queue(family), _work_arguments(length), _by_names(names(family, commands=True))),
        DeclaredQueue(query_queue(family), queries, _by_names(names(family, commands=False))),
    )


def _retry(step: str) -> DeclaredQueue:
    # one exchange per step: published through an exchange a message keeps its routing key, which is its name
    waits = {"x-message-ttl": RETRY_STEPS[step] * 1000, **_dead_letters_to(COMMANDS_EXCHANGE)}
    name = retry_queue(step)
    return DeclaredQueue(name, {**_QUORUM, **waits, "x-max-length": RETRY_LENGTH}, _fanout(name, name))


def _events_log(days: int) -> DeclaredQueue:
    kept = {**_STREAM, "x-max-age": f"{days}D", "x-stream-max-segment-size-bytes": 50_000_000}
    return DeclaredQueue(EVENTS_LOG, kept, (DeclaredBinding(EVENTS_EXCHANGE, "#"),))


_KEPT = {**_QUORUM, "x-delivery-limit": DEAD_DELIVERY_LIMIT}
# one reader at a time, for the order; the oldest go where nobody reads, as a queue that refuses holds up all events
_READ_IN_ORDER = {"x-single-active-consumer": True, "x-max-length": WEBHOOKS_LENGTH, "x-overflow": "drop-head"}
# what says which events webhooks want, and what has stored ones erased; workers bind what is wanted
_WEBHOOKS = DeclaredQueue(
    WEBHOOKS,
    {**_KEPT, **_READ_IN_ORDER},
    tuple(DeclaredBinding(EVENTS_EXCHANGE, key) for key in ("webhook.*", "user.erased")),
    also_bound_to=EVENTS_EXCHANGE,
)
_DEAD_QUEUES = (
    # why the broker gave a message up is only in headers that senders may have written: workers sort what comes in
    DeclaredQueue(
        DEAD_INCOMING,
        {**_QUORUM, "x-delivery-limit": DELIVERY_LIMIT, **_dead_letters_to(DEAD_UNDELIVERABLE)},
        (DeclaredBinding(DEAD, DEAD_INCOMING, {"x-match": "all"}),),
    ),
    DeclaredQueue(DEAD, _KEPT, _fanout(DEAD_LETTERS, DEAD)),
    DeclaredQueue(DEAD_UNDELIVERABLE, _KEPT, _fanout(DEAD_UNDELIVERABLE, DEAD_UNDELIVERABLE)),
    DeclaredQueue(DEAD_LOG, {**_STREAM, "x-max-age": "365D", "x-stream-max-segment-size-bytes": 10_000_000}),
)
_EXCHANGES = (
    DeclaredExchange(UNKNOWN, "fanout"),
    DeclaredExchange(COMMANDS_EXCHANGE, "topic", {"alternate-exchange": UNKNOWN}),
    DeclaredExchange(EVENTS_EXCHANGE, "topic"),
    DeclaredExchange(PLAIN_EVENTS_EXCHANGE, "topic"),
    DeclaredExchange(DEAD, "headers"),
    DeclaredExchange(DEAD_LETTERS, "fanout"),
    DeclaredExchange(DEAD_UNDELIVERABLE, "fanout"),
    DeclaredExchange(RELAY_EXCHANGE, "fanout"),
    DeclaredExchange(RELAY_LANES_EXCHANGE, "direct"),
    *(DeclaredExchange(retry_queue(step), "fanout") for step in RETRY_STEPS),
)
