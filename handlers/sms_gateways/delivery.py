"""Delivery of a new code: reserve a send, call the gateway, store the code."""

import asyncio
from collections import Counter

import structlog

from handlers.sms_gateways.gateway import AccountRefused, NotAsked, NotSent, NumberRefused, SmsSender, Unanswered
from models.errors.base import TryAgain
from models.errors.sms import SmsNotSent, SmsNumberRefused
from models.sms_codes import generate_code
from models.sms_sends import CodeRequest, SendReservations

MARGIN_SECONDS = 2.0
OUTCOMES = ("sent", *(error.outcome for error in (NotSent, NumberRefused, AccountRefused, Unanswered)))
POLL_SECONDS = 0.1
log = structlog.get_logger()


class SmsDelivery:
    """Send codes: `running` at once, with `waiting` more in the queue, each within `seconds` including its wait.

    The code is stored after the gateway has accepted the message, or may have accepted it without an answer. Whatever
    the gateway was asked counts for the limits, also where it refused for the moment. If a worker dies in between, its
    reservation expires, and the redelivered command sends a second message. `outcomes` counts the messages by what
    became of them, each of `OUTCOMES`.
    """

    def __init__(self, sender: SmsSender, sends: SendReservations, seconds: float, running: int, waiting: int) -> None:
        self._sender = sender
        self._sends = sends
        self._seconds = seconds
        self._running = asyncio.Semaphore(running)
        self._room = running + waiting
        self.outcomes = Counter(dict.fromkeys(OUTCOMES, 0))

    async def send(self, request: CodeRequest) -> None:
        """Send a new code and store it, once per command.

        Raises `SmsTooSoon`, `SmsTooMany`, `SmsNumberRefused` or `SmsNotSent`.
        """
        state = await self._sends.reserve(request, self._seconds + MARGIN_SECONDS)
        if state == "in_progress":
            await asyncio.sleep(POLL_SECONDS)
            raise TryAgain
        if state == "acquired":
            code = generate_code()
            await self._hand_over(request, code)
            await self._sends.confirm(request, code)

    async def _hand_over(self, request: CodeRequest, code: str) -> None:
        try:
            await self._send_in_time(request.telephone, code)
        except NotSent as error:
            self.outcomes[error.outcome] += 1
            write = log.error if isinstance(error, AccountRefused) else log.warning
            write("sms not sent", reason=str(error), message_id=request.message_id)
            await self._settle(request, code, error)
            raise (SmsNumberRefused if isinstance(error, NumberRefused) else SmsNotSent) from error
        self.outcomes["sent"] += 1

    async def _settle(self, request: CodeRequest, code: str, error: NotSent) -> None:
        if isinstance(error, Unanswered):
            await self._sends.confirm(request, code)
        elif isinstance(error, NumberRefused):
            await self._sends.record_refusal(request)
        elif isinstance(error, NotAsked):
            await self._sends.release(request)
        else:
            await self._sends.record_failure(request)

    async def _send_in_time(self, telephone: str, code: str) -> None:
        if self._room <= 0:
            raise NotAsked("too many messages wait for the gateway")
        self._room -= 1
        late: type[NotSent] = NotAsked
        try:
            async with asyncio.timeout(self._seconds), self._running:
                late = Unanswered
                await self._sender.send(telephone, code)
        except TimeoutError as error:
            raise late(f"the gateway did not accept the message within {self._seconds} s") from error
        finally:
            self._room += 1
