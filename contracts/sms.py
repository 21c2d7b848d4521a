"""SMS codes: send one to a telephone number, verify one."""

import unicodedata
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr

from contracts.base import Command, EventData, Events, Family, Query, Requests, View
from contracts.types import Text, Timestamp


def _code(secret: SecretStr) -> SecretStr:
    if not 1 <= len(secret.get_secret_value()) <= 32:
        raise ValueError("must be 1 to 32 characters long")
    return secret


def _telephone(text: str) -> str:
    digits = "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isdecimal()).removeprefix("00")
    if not 5 <= len(digits) <= 15 or any(letter.isalpha() for letter in text):
        raise ValueError("is not a telephone number of 5 to 15 digits")
    return text


ENOUGH = 10  # messages, before which nothing is concluded of a gateway
Telephone = Annotated[Text, AfterValidator(_telephone), Field(description="in any spelling that people use")]
SmsCode = Annotated[SecretStr, AfterValidator(_code)]


class CodeSent(View):
    """The gateway has taken the message: when the code expires, and when the next may be sent."""

    expires_at: Timestamp
    resend_at: Timestamp


class CodeVerified(View):
    """The code was right and is used up; `verified` is always true, since a wrong code fails."""

    verified: bool


class SendCode(Command[CodeSent]):
    """Send a code of six digits to a telephone number; it is valid once, for 300 s, and replaces the former one.

    All spellings of a number are one number, with one code and one limit.

    The same code serves registration and password reset. `client_address` is the end user's network address, which is
    limited as well. Fails with `sms.disabled`; `sms.too_soon` (within 60 s of the last one); `sms.too_many` (10 a day
    to one number, 5 in 10 minutes from one address, in IPv6 from one /64 network, and as many a day in all as the
    operator allows: settings); `sms.number_refused` (the gateway will never send to this number); `sms.not_sent` (the
    gateway did not accept it, or did not answer: send the same message_id again after 5 s). Whatever the gateway was
    asked counts; the code of a message that was not answered is valid. A worker that dies while sending may cause two
    messages; the later code counts.
    """

    reversible: ClassVar[bool] = False

    telephone: Telephone
    client_address: Text | None = None


class VerifyCode(Command[CodeVerified]):
    """Use up a code.

    Fails with `sms.disabled`, or `sms.code_wrong` if it is wrong, expired, used, or blocked by five wrong attempts.
    """

    telephone: Telephone
    code: SmsCode


class SmsSendView(View):
    """A message to one number: `refused` for good, `failed` for the moment, `unanswered` where nobody knows."""

    message_id: str
    at: Timestamp
    outcome: Literal["sent", "refused", "failed", "unanswered"]


class SmsNumberView(View):
    """A number: its live code, without the code, and the messages of the last day, the earliest first."""

    code_expires_at: Timestamp | None
    tries_left: int
    sends: list[SmsSendView]


class SmsStatusView(View):
    """The gateway of the worker that answered, `off` without one, and what became of its messages since it started.

    `per_number` (a day), `per_address` (in ten minutes) and `per_day` are its limits, 0 for none. `sent_today` counts
    the messages of all workers in this UTC day, null without `per_day`.
    """

    gateway: str
    outcomes: dict[str, int]
    per_number: int
    per_address: int
    per_day: int
    sent_today: int | None
    number: SmsNumberView | None

    @property
    def is_failing(self) -> bool:
        """Whether the gateway has taken less than half of ten messages or more."""
        tried = sum(self.outcomes.values())
        return tried >= ENOUGH and 2 * self.outcomes.get("sent", 0) < tried


class GetSmsStatus(Query[SmsStatusView]):
    """Tell how sending goes, and what was sent to a number; `number` is null for one that never got a code."""

    telephone: Telephone | None = None


class SmsSent(EventData):
    """A gateway took a code; the subject names the number by a keyed digest, no event shows number or code."""

    expires_at: Timestamp
    resend_at: Timestamp


class SmsFailed(EventData):
    """A wrong code was presented while one was valid; after `left` more wrong attempts it is blocked (0: it is now)."""

    left: int


class SmsVerified(EventData):
    """The right code was presented."""


FAMILY: Family = "sms"
REQUESTS: Requests = {"sms.send_code": SendCode, "sms.verify_code": VerifyCode, "sms.status": GetSmsStatus}
EVENTS: Events = {"sms.code_sent": SmsSent, "sms.code_failed": SmsFailed, "sms.code_verified": SmsVerified}
