"""What becomes of commands that nobody waits for while the database is down: they wait, and no attempt is counted."""

import asyncio

from aio_pika.abc import AbstractIncomingMessage

from handlers.envelope import Envelope
from handlers.retry import Retry
from models.watch import Watch

HELD = 16
HOLD_SECONDS = 10.0
STEPS = {60.0: "30s", 5.0: "5s", 0.0: "1s"}


class Outage:
    """Holds the first few in hand, so that work goes on at once; the others wait on a step of the retry ladder.

    The longer the outage, the longer the step (30 s at most): those who wait for answers keep getting them, because no
    pile of patient commands stands before them.
    """

    def __init__(self, watch: Watch, retry: Retry) -> None:
        self._watch = watch
        self._retry = retry
        self._held = 0

    @property
    def present(self) -> bool:
        """Whether the database is known to be down."""
        return self._watch.down

    async def over(self, message: AbstractIncomingMessage, envelope: Envelope) -> bool:
        """Whether it is over, so that the message can be served now; otherwise the message has been put off."""
        if self._held < HELD and await self._back():
            return True
        lasted = self._watch.outage(asyncio.get_running_loop().time())
        step = next(step for seconds, step in STEPS.items() if lasted >= seconds)
        await self._retry.put_off(message, envelope, step)
        return False

    async def _back(self) -> bool:
        self._held += 1
        try:
            return await self._watch.back(HOLD_SECONDS)
        finally:
            self._held -= 1
