"""An entry of the catalogue."""

from dataclasses import dataclass
from typing import Any

from contracts.base import Command, Request, View


def queue(family: str) -> str:
    """The name of the queue that takes a family's commands."""
    return f"userbus.{family}"


def query_queue(family: str) -> str:
    """The name of the queue that takes a family's queries."""
    return f"userbus.{family}.queries"


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: `name` is its routing key and `type`, `message` its body, `family` names the queue that takes it."""

    name: str
    message: type[Request[Any]]
    family: str

    @property
    def reply(self) -> type[View]:
        """The `data` of a done reply."""
        return self.message.reply_type()

    @property
    def queue(self) -> str:
        """The name of the queue that takes it."""
        return queue(self.family) if self.is_command else query_queue(self.family)

    @property
    def is_command(self) -> bool:
        """Whether the request is journalled and needs a message_id."""
        return issubclass(self.message, Command)

    @property
    def is_reversible(self) -> bool:
        """Whether a roll-back undoes all of its effects."""
        return not issubclass(self.message, Command) or self.message.reversible

    @property
    def max_body(self) -> int:
        """The longest body in bytes."""
        return self.message.max_body
