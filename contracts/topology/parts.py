"""What a topology is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Arguments = Mapping[str, Any]
PLACEMENT = frozenset({"x-quorum-initial-group-size", "x-initial-cluster-size", "x-queue-leader-locator"})


def placeless(arguments: Arguments) -> dict[str, Any]:
    """Return the arguments without those that only say on which nodes a queue begins, as earlier versions had them."""
    return {name: value for name, value in arguments.items() if name not in PLACEMENT}


@dataclass(frozen=True)
class DeclaredExchange:
    """An exchange that outlives restarts."""

    name: str
    kind: Literal["topic", "fanout", "headers", "direct"]
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True)
class DeclaredBinding:
    """What sends an exchange's messages to a queue."""

    exchange: str
    key: str = ""
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True)
class DeclaredQueue:
    """A queue that outlives restarts, with its bindings; workers may bind it to `also_bound_to` by other keys too."""

    name: str
    arguments: Arguments
    bindings: tuple[DeclaredBinding, ...] = ()
    also_bound_to: str = ""

    def may_have(self, binding: DeclaredBinding) -> bool:
        """Whether a binding is one of those declared, or may be one of the workers'."""
        return binding in self.bindings or binding.exchange == self.also_bound_to

    @property
    def is_stream(self) -> bool:
        """Whether it keeps what has been read."""
        return bool(self.arguments["x-queue-type"] == "stream")


@dataclass(frozen=True)
class Topology:
    """Everything, exchanges first."""

    exchanges: tuple[DeclaredExchange, ...]
    queues: tuple[DeclaredQueue, ...]

    @property
    def parts(self) -> tuple[DeclaredExchange | DeclaredQueue, ...]:
        """Return everything in the order in which it can be declared."""
        return (*self.exchanges, *self.queues)
