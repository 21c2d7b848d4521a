"""Refusals of the sms family."""

from models.errors.base import Refusal


class SmsDisabled(Refusal):
    """No SMS sender is configured."""

    kind = "denied"
    code = "sms.disabled"
    text = "SMS is off: set USERBUS_SMS_SENDER to send codes"


class SmsTooSoon(Refusal):
    """A code was sent to the number less than a minute ago, or is being sent; `details.retry_after` in seconds."""

    kind = "throttled"
    code = "sms.too_soon"
    text = "a code has just been sent to this number: try again after `retry_after` seconds"


class SmsTooMany(Refusal):
    """The number or the client address has reached its limit of codes; `details.retry_after` in seconds."""

    kind = "throttled"
    code = "sms.too_many"
    text = "too many codes for this number or from this address: try again after `retry_after` seconds"


class SmsNumberRefused(Refusal):
    """The gateway will never send to this number; the attempt counts for the limits."""

    kind = "denied"
    code = "sms.number_refused"
    text = "the SMS gateway does not send to this number: ask for another number"


class SmsNotSent(Refusal):
    """The gateway did not accept the message, or did not answer; the same message_id may be tried again after 5 s.

    What it was asked counts for the limits; the code of a message that it did not answer is valid.
    """

    kind = "unavailable"
    code = "sms.not_sent"
    text = "the SMS gateway did not accept the message: try again with the same message_id"


class SmsCodeWrong(Refusal):
    """The code is wrong, expired, used, or void after five wrong attempts; the reply does not tell which."""

    kind = "unauthenticated"
    code = "sms.code_wrong"
    text = "the code is wrong or no longer valid: request a new one"
