"""How the broker differs from what is declared, as steps in the order in which they are taken."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cli.topology.found import Found, FoundQueue
from contracts.topology.parts import DeclaredBinding, DeclaredExchange, DeclaredQueue, Topology, placeless

MOVING = ".moving"
Verb = Literal["create exchange", "create queue", "bind", "remake queue", "unbind", "by hand"]
STREAM = (
    "{why}; a stream is not made anew, since readers know their places in it by offsets: give the workers the setting "
    "that it was made with; a policy with max-age shortens it"
)
EXCHANGE = "stop its publishers, delete it, start a worker, which declares it; then its consumers bind again"
POLICY = "remove the policy or let its pattern leave out userbus.*: the arguments of these queues are all they need"
LEFT = "no version of today declares it: look what it holds, then delete it"


@dataclass(frozen=True)
class Step:
    """One difference: what is done about it, to what, and why; `binding` of those about bindings."""

    verb: Verb
    name: str
    why: str
    binding: DeclaredBinding | None = None


def make_plan(topology: Topology, found: Found) -> list[Step]:
    """Return what differs, in order: what is missing is made first, then each queue in another form is made anew.

    What stands in another form and cannot be remade without loss comes last, to be done by hand.
    """
    steps = [
        *_exchanges(topology, found),
        *(Step("create queue", queue.name, "missing") for queue in topology.queues if _is_missing(queue, found)),
        *_bindings(topology, found),
        *_remakes(topology, found),
        *_strangers(topology, found),
    ]
    return sorted(steps, key=lambda step: step.verb == "by hand")


def _is_missing(queue: DeclaredQueue, found: Found) -> bool:
    return queue.name not in found.queues and moving_name(queue) not in found.queues


def moving_name(queue: DeclaredQueue) -> str:
    """Return the name of the queue that takes the place of one while it is made anew."""
    return f"{queue.name}{MOVING}"


def _exchanges(topology: Topology, found: Found) -> Iterator[Step]:
    for exchange in topology.exchanges:
        there = found.exchanges.get(exchange.name)
        if there is None:
            yield Step("create exchange", exchange.name, "missing")
        elif why := found.refused.get(exchange.name) or _exchange_difference(exchange, there):
            yield Step("by hand", exchange.name, f"{why}; {EXCHANGE}")


def _exchange_difference(exchange: DeclaredExchange, there: DeclaredExchange) -> str:
    kind = f"its type is {there.kind}, not {exchange.kind}" if there.kind != exchange.kind else ""
    return "; ".join(filter(None, [kind, *_differences(exchange.arguments, there.arguments)]))


def _bindings(topology: Topology, found: Found) -> Iterator[Step]:
    for queue in topology.queues if found.has_bindings else ():
        there = found.queues.get(queue.name)
        if there is not None and moving_name(queue) not in found.queues:
            for binding in _without(queue.bindings, there.bindings):
                yield Step("bind", queue.name, f"not bound to {_describe(binding)}", binding)


def _remakes(topology: Topology, found: Found) -> Iterator[Step]:
    for queue in topology.queues:
        there = found.queues.get(queue.name)
        if moving_name(queue) in found.queues:
            yield Step("remake queue", queue.name, "a move was interrupted, and goes on")
        elif there is not None:
            yield from _remake(queue, there, found)


def _remake(queue: DeclaredQueue, there: FoundQueue, found: Found) -> Iterator[Step]:
    if why := found.refused.get(queue.name) or "; ".join(_queue_differences(queue, there)):
        is_movable = not queue.is_stream and there.arguments["x-queue-type"] != "stream"
        yield Step(
            "remake queue" if is_movable else "by hand", queue.name, why if is_movable else STREAM.format(why=why)
        )
    for binding in [each for each in there.bindings if not queue.may_have(each)]:
        yield Step("unbind", queue.name, f"bound to {_describe(binding)}, which is not declared", binding)
    if there.policy:
        yield Step("by hand", queue.name, f"{there.policy}; {POLICY}")


def _queue_differences(queue: DeclaredQueue, there: FoundQueue) -> list[str]:
    if queue.is_stream:  # members that it lacks are added to it as it is
        ours, others = (placeless(each.arguments) for each in (queue, there))
        return _differences(ours, others)
    return _differences(queue.arguments, there.arguments)


def _strangers(topology: Topology, found: Found) -> Iterator[Step]:
    declared = {queue.name for queue in topology.queues}
    declared |= {moving_name(queue) for queue in topology.queues}
    for name in sorted(found.queues.keys() - declared):
        if name.startswith("userbus."):
            yield Step("by hand", name, LEFT)


def _differences(declared: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    names = sorted(declared.keys() | there.keys())
    return [
        f"{name} is {there.get(name, 'not set')}, not {declared.get(name, 'set at all')}"
        for name in names
        if declared.get(name) != there.get(name)
    ]


def _without(bindings: Iterable[DeclaredBinding], others: Iterable[DeclaredBinding]) -> list[DeclaredBinding]:
    known = [*others]
    return [binding for binding in bindings if binding not in known]


def _describe(binding: DeclaredBinding) -> str:
    told = f"{binding.exchange} by {binding.key!r}"
    return f"{told} {dict(binding.arguments)}" if binding.arguments else told
