"""The kill switch: a request that fails again and again rests for a while, instead of filling the dead letters."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FAULTS = 10
WINDOW_SECONDS = 10.0
REST_SECONDS = 5.0


@dataclass(slots=True)
class Fuse:
    """Counts faults in a row by name of request: ten within ten seconds, without a success between, let it rest.

    A sender of messages that fail cannot stop a name that others use well, since one success begins the row anew. After
    the rest one fault is enough for the next.
    """

    clock: Callable[[], float] = time.monotonic
    _faults: dict[str, list[float]] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)

    def rests(self, name: str) -> bool:
        """Whether requests of this name are not to be run now."""
        return name in self._until and self.clock() < self._until[name]

    def went_well(self, name: str) -> None:
        """A request was carried out, or refused by a rule."""
        if name in self._faults:
            del self._faults[name]
            self._until.pop(name, None)

    def failed(self, name: str) -> bool:
        """A request met a fault; whether the name rests from now on."""
        moment = self.clock()
        row = [at for at in self._faults.get(name, []) if moment - at < WINDOW_SECONDS][1 - FAULTS :]
        self._faults[name] = [*row, moment]
        blown = len(self._faults[name]) >= FAULTS or name in self._until
        if blown:
            self._until[name] = moment + REST_SECONDS
        return blown
