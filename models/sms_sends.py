"""Reservations to send a code, acquired before the gateway is called and released if it fails."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from models.errors.base import TryAgain
from models.errors.sms import SmsNotSent, SmsNumberRefused, SmsTooMany, SmsTooSoon
from models.secrets.keys import Keys
from models.sms_addresses import AddressLimits, retry_after
from models.sms_codes import LIFE, RESEND, SmsNumber, SmsNumberRepository, SmsSend
from models.sms_total import TotalLimit
from models.store.client import Store
from models.store.counters import Counters
from models.store.document import now
from models.store.driver_errors import translate_duplicate
from models.store.scope import TransactionScope, provide

DAY = timedelta(days=1)
FAILURE_PAUSE = timedelta(seconds=5)

SendState = Literal["acquired", "in_progress", "sent"]


@dataclass(frozen=True, slots=True)
class SmsLimits:
    """How many codes a number may get in a day, a client address in ten minutes, and all together in a UTC day.

    0 is no limit. `country` is the calling code of numbers that are written without one.
    """

    per_number: int = 10
    per_address: int = 5
    per_day: int = 0
    country: str = "86"


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A request to send a code: by the command with this message_id, from this client address if known."""

    telephone: str
    message_id: str
    client_address: str | None = None


class CodeSender(Protocol):
    """Sends codes; a deployment without one has SMS off. `outcomes` counts the messages by what became of them."""

    outcomes: Counter[str]

    async def send(self, request: CodeRequest) -> None:
        """Send a new code and store it, once per command.

        Raises `SmsTooSoon`, `SmsTooMany`, `SmsNumberRefused` or `SmsNotSent`.
        """


class SendReservations:
    """Reserve, confirm and release sends; each step commits a transaction or write of its own.

    So no transaction is open while the gateway is called, and a second send to the same number is refused meanwhile.
    """

    def __init__(self, store: Store, keys: Keys, counters: Counters, limits: SmsLimits) -> None:
        self._store = store
        self._keys = keys
        self._counters = counters
        self._limits = limits
        self._codes = self._repository(None)
        self._addresses = AddressLimits(store, keys, limits.per_address)
        self._total = TotalLimit(store, limits.per_day)

    async def reserve(self, request: CodeRequest, seconds: float) -> SendState:
        """Reserve a send for at most `seconds`.

        `acquired`: call the gateway; `in_progress`: a copy of the same command calls it; `sent`: the gateway has
        accepted this command's message. Raises `SmsTooSoon`, `SmsTooMany`, and to a repeated command `SmsNumberRefused`
        or, for five seconds after the gateway has refused its message, `SmsNotSent`.
        """
        state = await self._reserve(request, seconds)
        if state == "acquired":
            try:
                await self._total.record_send(now())
            except SmsTooMany:
                await self.release(request)
                raise
        return state

    async def _reserve(self, request: CodeRequest, seconds: float) -> SendState:
        async with self._store.transaction() as session:
            codes = self._repository(session)
            row = await self._get_or_add(request.telephone, codes)
            before, at = row.find_send(request.message_id), now()
            if before is not None and (state := _state(before, at)):
                return state
            recent = [send for send in row.sends if send is not before and send.at > at - DAY]
            self._refuse_too_many(recent, at)
            if request.client_address is not None:
                await self._addresses.record_send(request.client_address, request.message_id, at, session)
            row.sends = [*recent, SmsSend(command=request.message_id, at=at, lapses=at + timedelta(seconds=seconds))]
            await codes.save(row)
            await session.commit_transaction()
        return "acquired"

    async def confirm(self, request: CodeRequest, code: str) -> None:
        """Store the code that the gateway has accepted; it replaces the earlier one."""
        at = now()
        fields = {"code": self._codes.code_hash(request.telephone, code), "expires_at": at + LIFE, "wrong": 0}
        sent = {"sends.$[own].taken": True, "sends.$[own].at": at, "updated_at": at}
        own = [{"own.command": request.message_id}]
        await self._codes.rows.update_one(self._filter(request), {"$set": fields | sent}, array_filters=own)

    async def record_refusal(self, request: CodeRequest) -> None:
        """Record that the gateway refuses the number; the send counts, so that it is not asked again at once."""
        own = [{"own.command": request.message_id}]
        change = {"$set": {"sends.$[own].refused": True}}
        await self._codes.rows.update_one(self._filter(request), change, array_filters=own)

    async def record_failure(self, request: CodeRequest) -> None:
        """Record that the gateway refused the message for the moment; the send counts, and may be tried again."""
        own, at = [{"own.command": request.message_id}], now()
        change = {"$set": {"sends.$[own].failed": at, "sends.$[own].lapses": at}}
        await self._codes.rows.update_one(self._filter(request), change, array_filters=own)

    async def release(self, request: CodeRequest) -> None:
        """Delete the reservation, since the gateway was not asked; a code that was sent before stays valid."""
        own = {"command": request.message_id, "taken": False}
        await self._codes.rows.update_one(self._filter(request), {"$pull": {"sends": own}})
        if request.client_address is not None:
            await self._addresses.release(request.client_address, request.message_id)
        await self._total.release(now())

    async def _get_or_add(self, telephone: str, codes: SmsNumberRepository) -> SmsNumber:
        row = await codes.find(telephone=telephone)
        if row is None:
            row = SmsNumber(id=await self._counters.reserve_id("codes"), number=codes.digest(telephone))
            with translate_duplicate(TryAgain):
                await codes.add(row)
        return row

    def _refuse_too_many(self, recent: list[SmsSend], at: datetime) -> None:
        if recent and recent[-1].at > at - RESEND:
            raise SmsTooSoon(details=retry_after(recent[-1].at + RESEND - at))
        if len(recent) >= self._limits.per_number:
            raise SmsTooMany(details=retry_after(recent[-self._limits.per_number].at + DAY - at))

    def _filter(self, request: CodeRequest) -> dict[str, str]:
        return {"number": self._codes.digest(request.telephone)}

    def _repository(self, session: Any) -> SmsNumberRepository:
        return SmsNumberRepository(
            self._store, TransactionScope(self._store, provide(session)), self._keys, self._limits.country
        )


def _state(send: SmsSend, at: datetime) -> SendState | None:
    """What a repeated command finds; None if its message may be sent again. Raises what the gateway has answered."""
    if send.refused:
        raise SmsNumberRefused
    if send.taken:
        return "sent"
    if at < send.lapses:
        return "in_progress"
    if send.failed and at < send.failed + FAILURE_PAUSE:
        raise SmsNotSent
    return None
