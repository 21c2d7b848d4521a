"""The name of a request: its routing key, or `type` where it was published straight to a queue."""

from contracts.catalog import CATALOG, COMMANDS_EXCHANGE, FAMILIES, UNKNOWN
from contracts.entry import queue
from worker.bus.topology import QUERY_QUEUES

BODY_TYPES = {"", "amqp-1.0", "binary"}  # what RabbitMQ makes `type` of AMQP 1.0 messages
QUEUES = QUERY_QUEUES | {UNKNOWN, *map(queue, FAMILIES)}


def request_name(key: str, type: str) -> str:
    """Return the name that a message means: `type` where the key is a queue of ours, else the key."""
    return type if key in QUEUES and type not in BODY_TYPES else key


def name_problem(key: str, type: str) -> str:
    """Return why key and `type` cannot be meant together, "" where they can.

    A type that names no request is no contradiction: many clients put a class of their own there.
    """
    if type not in CATALOG:
        return ""
    if key in CATALOG and key != type:
        return f"the routing key says {key!r}, type says {type!r}: leave type out, or write the same name in both"
    if key in QUERY_QUEUES and CATALOG[type].is_command:
        right = CATALOG[type].queue
        return f"{type!r} is a command, {key!r} takes queries: publish to {right!r}, or to {COMMANDS_EXCHANGE}"
    return ""
