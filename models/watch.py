"""Whether the database is known to be down: a blip is ridden out, an outage is told at once."""

import asyncio
import contextlib
from typing import Literal

Answer = Literal["primary", "electing", "silent"]
GRACE: dict[Answer, float] = {"silent": 0.7, "electing": 5.0}


class Watch:
    """Judges what regular looks at the database found.

    `down` only after 0.7 s without any member answering, so that HTTP callers hear of it within a second, or 5 s
    without a primary among those that do answer: an election stays the business of the requests in hand, which try
    again until their deadlines. Who never looks is never told of an outage. Times are loop times in seconds.
    """

    def __init__(self) -> None:
        self.answer: Answer = "primary"
        self.down = False
        self._since = 0.0
        self._back = asyncio.Event()

    def seen(self, answer: Answer, began: float, ended: float) -> None:
        """Take in one look, which lasted from `began` to `ended`."""
        if self.answer == "primary":
            self._since = began
        self.answer = answer
        if answer == "primary":
            self.down = False
            self._back.set()
        elif ended - self._since >= GRACE[answer]:
            self.down = True
            self._back.clear()

    def outage(self, moment: float) -> float:
        """For how many seconds it has been down; 0 while it is not."""
        return moment - self._since if self.down else 0.0

    async def back(self, seconds: float) -> bool:
        """Wait until it is back, `seconds` at most; whether it is."""
        if self.down:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._back.wait(), seconds)
        return not self.down
