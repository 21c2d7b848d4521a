"""SMS codes: send one to a telephone, verify one."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from contracts.base import Command, Event, Events, Requests, View
from contracts.types import Text, Timestamp


def _code(secret: SecretStr) -> SecretStr:
    if not 1 <= len(secret.get_secret_value()) <= 32:
        raise ValueError("must be 1 to 32 characters long")
    return secret


Telephone = Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$", description="digits, with `+` where it is in E.164")]
Code = Annotated[SecretStr, AfterValidator(_code)]


class SendCode(Command):
    """Send a code of six digits to a telephone; it is good for 300 s, once, and replaces the one before.

    The same code serves registration and password reset. `client_address` is the end user's network address, by which
    senders are limited too. Refused as `sms.disabled`, `sms.too_soon` (60 s after the last one), `sms.too_many` (10 a
    day to a number, 5 in 10 minutes from an address, in IPv6 from a /64 network; settings) and `sms.not_sent` (the
    gateway did not take it: send the same message_id again). A worker that dies while it sends may make it two
    messages; the later code counts.
    """

    telephone: Telephone
    client_address: Text | None = None


class CodeSent(View):
    """The gateway has taken the message: until when the code is good, from when the next may be asked for."""

    expires_at: Timestamp
    resend_at: Timestamp


class VerifyCode(Command):
    """Use up a code. Refused as `sms.code_wrong` when it is wrong, expired, used, or burnt by five wrong tries."""

    telephone: Telephone
    code: Code


class CodeVerified(View):
    """The code was right, and is used up now; `verified` is always true, since a wrong one is refused."""

    verified: bool


class SmsSent(Event):
    """A gateway took a code. The subject names the telephone by a keyed digest; no event shows number or code."""

    expires_at: Timestamp
    resend_at: Timestamp


class SmsFailed(Event):
    """`sms.verify_code` met a wrong code while one was live; `left` wrong tries more burn it (0: it is burnt)."""

    left: int


class SmsVerified(Event):
    """`sms.verify_code` met the right code."""


REQUESTS: Requests = {"sms.send_code": (SendCode, CodeSent), "sms.verify_code": (VerifyCode, CodeVerified)}
EVENTS: Events = {"sms.code_sent": SmsSent, "sms.code_failed": SmsFailed, "sms.code_verified": SmsVerified}
