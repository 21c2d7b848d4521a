"""SMS codes: one per telephone number, stored as a keyed hash, for a single use, void after five wrong attempts."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from models.errors.sms import SmsCodeWrong, SmsNotSent
from models.secrets.keys import Keys
from models.store.client import Store
from models.store.document import Document, now
from models.store.repository import Repository
from models.store.scope import StoreScope
from models.telephones import e164

LIFE = timedelta(seconds=300)
RESEND = timedelta(seconds=60)
TRIES = 5


class SmsSend(BaseModel):
    """One message to a number: `command` is the message_id that requested it; `lapses` ends its reservation.

    `refused` says that the gateway refuses the number, `failed` when it refused the message for the moment: both count
    all the same.
    """

    command: str
    at: datetime
    lapses: datetime
    taken: bool = False
    refused: bool = False
    failed: datetime | None = None

    @property
    def outcome(self) -> Literal["sent", "refused", "failed", "unanswered"]:
        """What became of the message."""
        if self.refused:
            return "refused"
        return "failed" if self.failed else "sent" if self.taken else "unanswered"


class SmsNumber(Document):
    """A telephone number by its keyed digest: its live code, if any, and the messages of the last day.

    The document is kept for good, as its `revision` numbers the events about it; it does not show the number.
    """

    noun: ClassVar[str] = "telephone"
    number: str
    code: str | None = None
    expires_at: datetime | None = None
    wrong: int = 0
    sends: list[SmsSend] = []

    @property
    def subject(self) -> str:
        """The CloudEvents subject, which does not show the number."""
        return f"{self.noun}/{self.number}"

    @property
    def is_code_live(self) -> bool:
        """Whether the number has a code that has not expired."""
        return self.code is not None and self.expires_at is not None and now() < self.expires_at

    def find_send(self, command: str) -> SmsSend | None:
        """The message that was sent for the command with this message_id in the last day, if any."""
        return next((send for send in self.sends if send.command == command), None)

    def send_times(self, command: str) -> dict[str, datetime]:
        """When the command's code expires, and from when the next may be requested."""
        send = self.find_send(command)
        at = send.at if send else self.updated_at
        return {"expires_at": at + LIFE, "resend_at": at + RESEND}

    @property
    def tries_left(self) -> int:
        """The number of wrong attempts that void the code; 0 without one."""
        return TRIES - self.wrong if self.code else 0

    def drop_code(self) -> None:
        """Delete the code."""
        self.code, self.expires_at, self.wrong = None, None, 0
        self.touch()

    def consume_code(self, code: str) -> bool:
        """Use up the live code if it has this hash, else count a wrong attempt; return whether it has."""
        right = hmac.compare_digest(self.code or "", code) and self.is_code_live
        self.wrong += 1
        if right or self.wrong >= TRIES or not self.is_code_live:
            self.drop_code()
        return right


def generate_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


class SmsNumberRepository(Repository[SmsNumber]):
    """The telephone numbers with their codes."""

    collection: ClassVar[str] = "codes"
    document = SmsNumber
    not_found = SmsCodeWrong

    def __init__(self, store: Store, scope: StoreScope, keys: Keys, country: str) -> None:
        super().__init__(store, scope)
        self._keys = keys
        self._country = country

    def digest(self, telephone: str) -> str:
        """The keyed digest that stands for a number, however written, in the store and in events: 128 bits in hex."""
        return self._keys.hash_code("telephone", e164(telephone, self._country))[:32]

    def code_hash(self, telephone: str, code: str) -> str:
        """The keyed hash of a code for this number."""
        return self._keys.hash_code("sms", f"{self.digest(telephone)}:{code}")

    async def find(self, **keys: Any) -> SmsNumber | None:
        """Return the document of this `telephone`, or with these field values, or None."""
        if "telephone" in keys:
            keys = {"number": self.digest(keys["telephone"])}
        return await super().find(**keys)

    async def get_sent(self, telephone: str, command: str) -> SmsNumber:
        """Return the document of a number to which this command's message was sent. Raises `SmsNotSent`."""
        row = await self.find(telephone=telephone)
        if row is None or row.find_send(command) is None:
            raise SmsNotSent
        return row

    async def consume_code(self, telephone: str, code: str) -> bool:
        """Use up the code of a number; return False if it is wrong, expired, used or void.

        A wrong attempt is counted in the unit's transaction: return `Failed` afterwards instead of raising.
        """
        row = await self.find(telephone=telephone)
        if row is None or row.code is None:
            return False
        right = row.consume_code(self.code_hash(telephone, code))
        await self.save(row)
        return right

    async def drop_code(self, telephone: str) -> None:
        """Delete the code of a number; the limits on sending stay."""
        row = await self.find(telephone=telephone)
        if row is not None and row.code is not None:
            row.drop_code()
            await self.save(row)
