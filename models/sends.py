"""The right to send a code, taken before the gateway is called and given back when it fails."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pymongo.errors import DuplicateKeyError

from models.addresses import Addresses, retry_after
from models.codes import LIFE, RESEND, Codes, Send, Telephone
from models.counters import Counters
from models.document import now
from models.errors.base import TryAgain
from models.errors.sms import SmsTooMany, SmsTooSoon
from models.keys import Keys
from models.store import Store

DAY = timedelta(days=1)

Right = Literal["ours", "under way", "taken"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Codes a number gets in a day, and a client address in ten minutes (0: as many as it likes)."""

    per_number: int = 10
    per_address: int = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to get a code, at the wish of which command (its message_id) and client address, if known."""

    telephone: str
    command: str
    address: str | None = None


class Sends:
    """Reserves sends, makes them good, gives them back; each step is a small committed write of its own.

    So no transaction is open while a gateway is called, and a second send to the same number is refused meanwhile.
    """

    def __init__(self, store: Store, keys: Keys, counters: Counters, limits: Limits) -> None:
        self._store = store
        self._keys = keys
        self._counters = counters
        self._limits = limits
        self._codes = self._within(None)
        self._addresses = Addresses(store, keys, limits.per_address)

    async def reserve(self, asked: Asked, seconds: float) -> Right:
        """Take the right to send, for `seconds` at most.

        `ours`: call the gateway; `under way`: a copy of the same command does; `taken`: the gateway has this command's
        message already. Raises `SmsTooSoon` or `SmsTooMany`.
        """
        async with self._store.session() as session:
            codes = self._within(session)
            row = await self._row(asked.telephone, codes)
            before, at = row.send(asked.command), now()
            if before is not None and (before.taken or at < before.lapses):
                return "taken" if before.taken else "under way"
            recent = [send for send in row.sends if send is not before and send.at > at - DAY]
            self._refuse(recent, at)
            if asked.address is not None:
                await self._addresses.count(asked.address, asked.command, at, session)
            row.sends = [*recent, Send(command=asked.command, at=at, lapses=at + timedelta(seconds=seconds))]
            await codes.save(row)
            await session.commit_transaction()
        return "ours"

    async def make_good(self, asked: Asked, code: str) -> None:
        """Store the code that the gateway has taken; it replaces the one before."""
        at = now()
        fields = {"code": self._codes.hashed(asked.telephone, code), "expires_at": at + LIFE, "wrong": 0}
        sent = {"sends.$[own].taken": True, "sends.$[own].at": at, "updated_at": at}
        own = [{"own.command": asked.command}]
        await self._codes.rows.update_one(self._key(asked), {"$set": fields | sent}, array_filters=own)

    async def give_back(self, asked: Asked) -> None:
        """Make as if the send had never been asked for; a code sent before stays good."""
        own = {"command": asked.command, "taken": False}
        await self._codes.rows.update_one(self._key(asked), {"$pull": {"sends": own}})
        if asked.address is not None:
            await self._addresses.give_back(asked.address, asked.command)

    async def _row(self, telephone: str, codes: Codes) -> Telephone:
        row = await codes.find(telephone=telephone)
        if row is None:
            row = Telephone(id=await self._counters.next("codes"), number=codes.number(telephone))
            try:
                await codes.add(row)
            except DuplicateKeyError as error:
                raise TryAgain from error
        return row

    def _refuse(self, recent: list[Send], at: datetime) -> None:
        if recent and recent[-1].at > at - RESEND:
            raise SmsTooSoon(details=retry_after(recent[-1].at + RESEND - at))
        if len(recent) >= self._limits.per_number:
            raise SmsTooMany(details=retry_after(recent[-self._limits.per_number].at + DAY - at))

    def _key(self, asked: Asked) -> dict[str, str]:
        return {"number": self._codes.number(asked.telephone)}

    def _within(self, session: Any) -> Codes:
        async def given() -> Any:
            return session

        return Codes(self._store, given, self._keys)
