"""Repeats and gaps: which events a subscription has given, as far as it remembers."""

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from client.event import Event

MOST_IDS = 10_000
MOST_SUBJECTS = 100_000


class Sequences:
    """Remembers the last 10,000 event ids, and the last sequence of the 100,000 subjects heard of most recently."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._last: OrderedDict[str, int] = OrderedDict()

    def is_repeat(self, event: Event) -> bool:
        """Whether this event was recorded before."""
        return event.id in self._ids

    def place(self, event: Event) -> Event:
        """The event with its `gap` and whether it is `late`; nothing is known of a subject heard of first."""
        last = self._last.get(event.subject, event.sequence - 1)
        return replace(event, gap=max(event.sequence - last - 1, 0), late=event.sequence <= last)

    def forget_subjects(self) -> None:
        """Forget the sequences, not the ids: another process may have been given events of any subject since."""
        self._last.clear()

    def record(self, event: Event) -> None:
        """Remember an event that was given and processed."""
        _remember(self._ids, event.id, None, MOST_IDS)
        last = max(event.sequence, self._last.get(event.subject, 0))
        _remember(self._last, event.subject, last, MOST_SUBJECTS)


def _remember(memory: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > most:
        memory.popitem(last=False)
