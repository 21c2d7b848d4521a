"""The event about a refused command that nobody waited for."""

from contracts.base import EventData, Events
from contracts.problem import Problem


class CommandRefused(EventData):
    """A command without `reply_to` was refused: its message_id, its sender, its name and the problem.

    `message_id` is null where the command came without one, and the refusal is about that, or about an unknown name.
    `caller` is the RabbitMQ user that sent it, if it said so by the property `user_id`.
    """

    message_id: str | None
    app_id: str | None
    caller: str | None = None
    name: str
    problem: Problem


EVENTS: Events = {"command.refused": CommandRefused}
