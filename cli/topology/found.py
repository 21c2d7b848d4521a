"""What is on the broker: by the management API, which tells everything, or by AMQP, which tells one difference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aio_pika import ExchangeType
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from cli.management import Management
from contracts.topology.parts import Arguments, DeclaredBinding, DeclaredExchange, DeclaredQueue, Topology, placeless


@dataclass(frozen=True)
class FoundQueue:
    """A queue that exists; `policy` names the policies that apply to it, with what they say together."""

    arguments: Mapping[str, Any]
    bindings: tuple[DeclaredBinding, ...] = ()
    policy: str = ""


@dataclass(frozen=True)
class Found:
    """What exists by name. `refused` has the broker's own words about what AMQP could not declare."""

    exchanges: Mapping[str, DeclaredExchange]
    queues: Mapping[str, FoundQueue]
    refused: Mapping[str, str] = field(default_factory=dict)
    has_bindings: bool = True


def look_by_management(management: Management) -> Found:
    """Return everything in the virtual host. Raises `ManagementFailed`."""
    bindings: dict[str, list[DeclaredBinding]] = {}
    for row in management.list_all("bindings"):
        if row["source"] and row["destination_type"] == "queue":
            made = DeclaredBinding(row["source"], row["routing_key"], row["arguments"])
            bindings.setdefault(row["destination"], []).append(made)
    rows = [row for row in management.list_all("queues") if not row["exclusive"]]
    queues = {row["name"]: _queue(row, bindings.get(row["name"], [])) for row in rows}
    exchanges = {
        row["name"]: DeclaredExchange(row["name"], row["type"], row["arguments"])
        for row in management.list_all("exchanges")
    }
    return Found(exchanges, queues)


def _queue(row: Mapping[str, Any], bindings: list[DeclaredBinding]) -> FoundQueue:
    arguments = {"x-queue-type": row.get("type", "classic"), **row["arguments"]}
    rules = dict(row.get("effective_policy_definition") or {})
    if arguments["x-queue-type"] == "stream":
        rules.pop("max-age", None)  # the way to shorten a stream, which is not made anew
    told = ", ".join(f"{name} {value}" for name, value in rules.items())
    kinds = {"policy": row.get("policy"), "operator policy": row.get("operator_policy")}
    names = " and ".join(f"{kind} {name}" for kind, name in kinds.items() if name)
    return FoundQueue(arguments, tuple(bindings), f"{names}: {told}" if names and told else "")


async def look_by_amqp(connection: AbstractConnection, topology: Topology) -> Found:
    """Return which declared parts exist, and whether the broker takes them as declared; nothing is made."""
    refused: dict[str, str] = {}
    present: list[DeclaredExchange | DeclaredQueue] = []
    for part in topology.parts:
        try:
            await _look_at(connection, part)
        except ChannelNotFoundEntity:
            continue
        except ChannelPreconditionFailed as error:
            refused[part.name] = str(error)
        present.append(part)
    exchanges = {part.name: part for part in present if isinstance(part, DeclaredExchange)}
    queues = {
        part.name: FoundQueue(part.arguments, part.bindings) for part in present if isinstance(part, DeclaredQueue)
    }
    return Found(exchanges, queues, refused, has_bindings=False)


async def _look_at(connection: AbstractConnection, part: DeclaredExchange | DeclaredQueue) -> None:
    # a passive declaration tells whether it is there, a second one whether it is as declared
    if isinstance(part, DeclaredExchange):
        async with connection.channel() as channel:
            await channel.get_exchange(part.name, ensure=True)
            arguments: Any = dict(part.arguments)
            await channel.declare_exchange(part.name, ExchangeType(part.kind), durable=True, arguments=arguments)
        return
    try:
        await _declare_again(connection, part.name, part.arguments)
    except ChannelPreconditionFailed:
        if not part.is_stream:
            raise
        await _declare_again(connection, part.name, placeless(part.arguments))


async def _declare_again(connection: AbstractConnection, name: str, arguments: Arguments) -> None:
    async with connection.channel() as channel:
        await channel.get_queue(name, ensure=True)
        await channel.declare_queue(name, durable=True, arguments=dict(arguments))
