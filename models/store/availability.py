"""Whether the database is known to be down: a short interruption is ridden out, an outage is reported at once."""

import asyncio
import contextlib
import math
from typing import Literal

CheckResult = Literal["primary", "electing", "silent"]
GRACE_SECONDS: dict[CheckResult, float] = {"silent": 0.7, "electing": 15.0}


class DatabaseAvailability:
    """Judge the results of regular checks of the database.

    `is_down` turns true only after 0.7 s in which no member answered, so that HTTP callers hear of it within a second,
    or after 15 s in which members answered but none was primary: requests ride out an election, which MongoDB begins
    10 s after it has lost its primary, by trying again until their deadlines. A process that never checks never sees an
    outage. Times are loop times in seconds.
    """

    def __init__(self) -> None:
        self.answer: CheckResult = "primary"
        self.is_down = False
        self._since = 0.0
        self._election: object = None
        self._unsteady_until = -math.inf
        self._up = asyncio.Event()

    def record(self, answer: CheckResult, began: float, ended: float, election: object = None) -> None:
        """Record the result of one check, which lasted from `began` to `ended`; `election` made the primary."""
        is_same = answer == "primary" and self._election in (None, election)
        self._unsteady_until = self._unsteady_until if is_same else ended
        self._election = election if answer == "primary" else self._election
        if self.answer == "primary":
            self._since = began
        self.answer = answer
        if answer == "primary":
            self.is_down = False
            self._up.set()
        elif ended - self._since >= GRACE_SECONDS[answer]:
            self.is_down = True
            self._up.clear()

    def is_steady_since(self, moment: float) -> bool:
        """Whether every check since `moment` has found the same primary; so it is where there was none."""
        return self.answer == "primary" and self._unsteady_until < moment

    def outage_seconds(self, moment: float) -> float:
        """For how many seconds the database has been down at `moment`; 0 while it is up."""
        return moment - self._since if self.is_down else 0.0

    async def wait_until_up(self, seconds: float) -> bool:
        """Wait until the database is up, at most `seconds`; return whether it is."""
        if self.is_down:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._up.wait()
        return not self.is_down
