"""Who listens to the driver's commands: nobody, until a span is recorded."""

from typing import Any

from pymongo.monitoring import _EventListeners

from tracing.spans import current


class RecordedCommands(_EventListeners):
    """Tells the listeners of commands that belong to a recorded span, and not of polls, sweeps and other requests.

    Otherwise the driver makes two objects a command: a twentieth of what a look-up costs.
    """

    @property
    def enabled_for_commands(self) -> bool:
        """Whether the command that begins now is told."""
        return current() is not None


def limit_to_recorded(client: Any) -> None:
    """Have a client's listeners told of the commands of recorded spans alone, if it has any."""
    if client._event_listeners.enabled_for_commands:
        client._event_listeners.__class__ = RecordedCommands
