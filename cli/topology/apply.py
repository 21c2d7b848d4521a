"""Taking the steps of a plan."""

from collections.abc import Awaitable, Callable
from typing import Any

from aio_pika import ExchangeType

from cli.topology.found import Found
from cli.topology.move import Mover
from cli.topology.plan import Step, moving_name
from contracts.topology.parts import DeclaredExchange, DeclaredQueue, Topology


async def apply_step(mover: Mover, topology: Topology, found: Found, step: Step) -> None:
    """Take one step; those to be done by hand are left."""
    if step.verb != "by hand":
        (part,) = [part for part in topology.parts if part.name == step.name and _is_kind(part, step)]
        await _STEPS[step.verb](mover, part, found, step)


def _is_kind(part: DeclaredExchange | DeclaredQueue, step: Step) -> bool:
    return isinstance(part, DeclaredExchange) == (step.verb == "create exchange")


async def _create_exchange(mover: Mover, part: Any, _: Found, __: Step) -> None:
    async with mover.connection.channel() as channel:
        await channel.declare_exchange(part.name, ExchangeType(part.kind), durable=True, arguments=dict(part.arguments))


async def _create_queue(mover: Mover, part: Any, _: Found, __: Step) -> None:
    async with mover.connection.channel() as channel:
        made = await channel.declare_queue(part.name, durable=True, arguments=dict(part.arguments))
        for binding in part.bindings:
            await made.bind(binding.exchange, binding.key, arguments=dict(binding.arguments))


async def _bind(mover: Mover, part: Any, _: Found, step: Step) -> None:
    async with mover.connection.channel() as channel:
        binding: Any = step.binding
        queue = await channel.get_queue(part.name, ensure=False)
        await queue.bind(binding.exchange, binding.key, arguments=dict(binding.arguments))


async def _unbind(mover: Mover, part: Any, _: Found, step: Step) -> None:
    async with mover.connection.channel() as channel:
        binding: Any = step.binding
        queue = await channel.get_queue(part.name, ensure=False)
        await queue.unbind(binding.exchange, binding.key, arguments=dict(binding.arguments))


async def _remake(mover: Mover, part: Any, found: Found, _: Step) -> None:
    there, aside = found.queues.get(part.name), found.queues.get(moving_name(part))
    # where a move was interrupted, what workers have bound may be at the other queue already
    moved = [binding for binding in (aside.bindings if aside else ()) if part.may_have(binding)]
    await mover.remake(part, (*(there.bindings if there else ()), *moved))


_STEPS: dict[str, Callable[[Mover, Any, Found, Step], Awaitable[None]]] = {
    "create exchange": _create_exchange,
    "create queue": _create_queue,
    "bind": _bind,
    "unbind": _unbind,
    "remake queue": _remake,
}
