"""The bridge's traffic of the last hour, in memory, for whoever looks at the console."""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

SLOT_SECONDS = 30
SLOTS = 120
LIMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds


@dataclass(slots=True)
class Slot:
    """Half a minute: how many requests were answered, how many of them with 5xx, and how long they took."""

    number: int
    requests: int = 0
    errors: int = 0
    durations: list[int] = field(default_factory=lambda: [0] * (len(LIMITS) + 1))

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / SLOT_SECONDS

    @property
    def error_rate(self) -> float:
        """Answers with 5xx a second."""
        return self.errors / SLOT_SECONDS

    def quantile(self, part: float) -> float:
        """The limit in seconds under which this part of the requests were answered, 0 without requests."""
        due, seen = part * self.requests, 0
        for limit, count in zip((*LIMITS, LIMITS[-1]), self.durations, strict=True):
            seen += count
            if seen >= due:
                return limit if self.requests else 0.0
        return LIMITS[-1]


class Traffic:
    """Counts what is answered, half a minute at a time; `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slots: deque[Slot] = deque(maxlen=SLOTS)

    def record(self, status: int, seconds: float) -> None:
        """Count one answered request."""
        number = self._number()
        if not self._slots or self._slots[-1].number != number:
            self._slots.append(Slot(number))
        slot = self._slots[-1]
        slot.requests += 1
        slot.errors += status >= 500
        slot.durations[bisect_left(LIMITS, seconds)] += 1

    def last_hour(self) -> list[Slot]:
        """The last 120 half minutes that are over, the oldest first; those without requests are empty."""
        known, now = {slot.number: slot for slot in self._slots}, self._number()
        return [known.get(number, Slot(number)) for number in range(now - SLOTS, now)]

    def _number(self) -> int:
        return int(self._clock() // SLOT_SECONDS)
