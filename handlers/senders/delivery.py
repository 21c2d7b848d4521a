"""Getting a fresh code to a telephone: the right to send, the gateway, then the stored code."""

import asyncio

import structlog

from handlers.senders.base import NotSent, Sender
from models.codes import new_code
from models.errors.base import TryAgain
from models.errors.sms import SmsNotSent
from models.sends import Asked, Sends

MARGIN_SECONDS = 2.0
LOOK_SECONDS = 0.1
log = structlog.get_logger()


class Delivery:
    """Sends codes: `running` at once, `waiting` behind them, `seconds` for each, the wait included.

    Nothing is stored before the gateway has taken the message. A worker that dies between the two leaves the right to
    send behind; when that lapses, the redelivered command sends once more, so the person gets one message too many at
    most.
    """

    def __init__(self, sender: Sender, sends: Sends, seconds: float, running: int, waiting: int) -> None:
        self._sender = sender
        self._sends = sends
        self._seconds = seconds
        self._running = asyncio.Semaphore(running)
        self._room = running + waiting

    async def send(self, asked: Asked) -> None:
        """Send a new code and store it, once a command. Raises `SmsTooSoon`, `SmsTooMany` or `SmsNotSent`."""
        right = await self._sends.reserve(asked, self._seconds + MARGIN_SECONDS)
        if right == "under way":
            await asyncio.sleep(LOOK_SECONDS)
            raise TryAgain
        if right == "ours":
            code = new_code()
            await self._hand_over(asked, code)
            await self._sends.make_good(asked, code)

    async def _hand_over(self, asked: Asked, code: str) -> None:
        try:
            await self._bounded(asked.telephone, code)
        except NotSent as error:
            log.warning("sms not sent", reason=str(error), message_id=asked.command)
            await self._sends.give_back(asked)
            raise SmsNotSent from error

    async def _bounded(self, telephone: str, code: str) -> None:
        if self._room <= 0:
            raise NotSent("too many messages wait for the gateway")
        self._room -= 1
        try:
            async with asyncio.timeout(self._seconds), self._running:
                await self._sender.send(telephone, code)
        except TimeoutError as error:
            raise NotSent(f"the gateway did not take the message within {self._seconds} s") from error
        finally:
            self._room += 1
