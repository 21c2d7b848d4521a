"""SMS codes: one a telephone number, stored as a keyed hash, single use, burnt by the fifth wrong try."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel

from models.document import Document, now
from models.errors.sms import SmsCodeWrong, SmsNotSent
from models.keys import Keys
from models.repository import Repository, Session
from models.store import Store

LIFE = timedelta(seconds=300)
RESEND = timedelta(seconds=60)
TRIES = 5


class Send(BaseModel):
    """One message to a number: `command` is the message_id that asked for it; `lapses` ends an unanswered attempt."""

    command: str
    at: datetime
    lapses: datetime
    taken: bool = False


class Telephone(Document):
    """A number by its keyed digest: its live code, if any, and what was sent in the last day.

    The row stays for good, since its `revision` numbers the events about it; it tells nobody the number.
    """

    noun: ClassVar[str] = "telephone"
    number: str
    code: str | None = None
    expires_at: datetime | None = None
    wrong: int = 0
    sends: list[Send] = []

    @property
    def subject(self) -> str:
        """The CloudEvents subject, which does not show the number."""
        return f"{self.noun}/{self.number}"

    @property
    def live(self) -> bool:
        """Whether there is a code that could still be right."""
        return self.code is not None and self.expires_at is not None and now() < self.expires_at

    def send(self, command: str) -> Send | None:
        """What was sent for this command (a message_id) in the last day."""
        return next((send for send in self.sends if send.command == command), None)

    def times(self, command: str) -> dict[str, datetime]:
        """Until when the code of this command is good (unless replaced), from when the next may be asked for."""
        send = self.send(command)
        at = send.at if send else self.updated_at
        return {"expires_at": at + LIFE, "resend_at": at + RESEND}

    @property
    def left(self) -> int:
        """How many wrong tries burn the code; 0 without one."""
        return TRIES - self.wrong if self.code else 0

    def drop(self) -> None:
        """Have no code any more."""
        self.code, self.expires_at, self.wrong = None, None, 0
        self.touch()

    def spend(self, code: str) -> bool:
        """Whether the keyed hash is that of the live code, which is used up then; a wrong one is counted."""
        right = hmac.compare_digest(self.code or "", code) and self.live
        self.wrong += 1
        if right or self.wrong >= TRIES or not self.live:
            self.drop()
        return right


def new_code() -> str:
    """Six digits, leading zeros included."""
    return f"{secrets.randbelow(1_000_000):06d}"


class Codes(Repository[Telephone]):
    """The telephones' rows."""

    collection: ClassVar[str] = "codes"
    document = Telephone
    missing = SmsCodeWrong

    def __init__(self, store: Store, session: Session, keys: Keys) -> None:
        super().__init__(store, session)
        self._keys = keys

    def number(self, telephone: str) -> str:
        """The keyed digest by which a number is stored and named in events: 128 bits in hex."""
        return self._keys.code("telephone", telephone.strip())[:32]

    def hashed(self, telephone: str, code: str) -> str:
        """The keyed hash of a code for this number."""
        return self._keys.code("sms", f"{self.number(telephone)}:{code}")

    async def find(self, **keys: Any) -> Telephone | None:
        """The row of this `telephone` (or with these field values), or None."""
        if "telephone" in keys:
            keys = {"number": self.number(keys["telephone"])}
        return await super().find(**keys)

    async def sent(self, telephone: str, command: str) -> Telephone:
        """The row of a telephone to which this command's message went. Raises `SmsNotSent` when it has none."""
        row = await self.find(telephone=telephone)
        if row is None or row.send(command) is None:
            raise SmsNotSent
        return row

    async def spend(self, telephone: str, code: str) -> bool:
        """Whether the code is right, which uses it up. Wrong, expired, used or burnt: False.

        A wrong try is counted in the unit's transaction: return `Failed` afterwards, do not raise.
        """
        row = await self.find(telephone=telephone)
        if row is None or row.code is None:
            return False
        right = row.spend(self.hashed(telephone, code))
        await self.save(row)
        return right

    async def forget(self, telephone: str) -> None:
        """Drop a number's code, for the hard delete of its user; the limits on sending stay."""
        row = await self.find(telephone=telephone)
        if row is not None and row.code is not None:
            row.drop()
            await self.save(row)
