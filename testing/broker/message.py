"""A message as the broker keeps it."""

from dataclasses import dataclass, replace

from pamqp.commands import Basic


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """What was published, and where to; `redelivered` where a consumer has had it before."""

    exchange: str
    key: str
    properties: Basic.Properties
    body: bytes
    redelivered: bool = False

    def as_redelivered(self) -> "BrokerMessage":
        """Return the message as it is delivered a second time."""
        return replace(self, redelivered=True)
