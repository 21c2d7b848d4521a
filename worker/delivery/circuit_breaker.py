"""A circuit breaker: a request that keeps failing is not run for a while, instead of filling the dead letters."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES = 10
WINDOW_SECONDS = 10.0
OPEN_SECONDS = 5.0


@dataclass(slots=True)
class CircuitBreaker:
    """Counts consecutive failures per request name and opens for 5 s after ten of them within ten seconds.

    One success starts the count anew, so a sender of messages that fail cannot stop a request that others use well.
    After it was open, a single failure opens it again until there is a success.
    """

    clock: Callable[[], float] = time.monotonic
    _failures: dict[str, list[float]] = field(default_factory=dict)
    _open_until: dict[str, float] = field(default_factory=dict)

    def is_open(self, name: str) -> bool:
        """Whether requests of this name are not to be run now."""
        return name in self._open_until and self.clock() < self._open_until[name]

    def record_success(self, name: str) -> None:
        """Record that a request was carried out, or refused by a rule."""
        if name in self._failures:
            del self._failures[name]
            self._open_until.pop(name, None)

    def record_failure(self, name: str) -> bool:
        """Record a fault; return whether the circuit is open from now on."""
        moment = self.clock()
        recent = [at for at in self._failures.get(name, []) if moment - at < WINDOW_SECONDS][1 - FAILURES :]
        self._failures[name] = [*recent, moment]
        opens = len(self._failures[name]) >= FAILURES or name in self._open_until
        if opens:
            self._open_until[name] = moment + OPEN_SECONDS
        return opens
