"""The event that tells a publisher, who asked for no reply, that its command was refused."""

from contracts.base import Event, Events
from contracts.problem import Problem


class CommandRefused(Event):
    """A fire-and-forget command was refused: who sent it, what it was, why."""

    message_id: str | None
    app_id: str | None
    name: str
    problem: Problem


EVENTS: Events = {"command.refused": CommandRefused}
