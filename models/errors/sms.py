"""Why the sms family says no."""

from models.errors.base import Refusal


class SmsDisabled(Refusal):
    """No SMS sender is set up."""

    kind = "denied"
    code = "sms.disabled"
    text = "SMS is off: set USERBUS_SMS_SENDER to send codes"


class SmsTooSoon(Refusal):
    """The number was sent a code less than a minute ago, or is being sent one; `details.retry_after` in seconds."""

    kind = "throttled"
    code = "sms.too_soon"
    text = "a code has just been sent to this number: try again after `retry_after` seconds"


class SmsTooMany(Refusal):
    """The number has had its codes for a day, or the client address for now; `details.retry_after` in seconds."""

    kind = "throttled"
    code = "sms.too_many"
    text = "too many codes were sent to this number or asked from this address: try again after `retry_after` seconds"


class SmsNotSent(Refusal):
    """The gateway did not take the message: nothing was stored or counted, the same message_id may be tried again."""

    kind = "unavailable"
    code = "sms.not_sent"
    text = "the SMS gateway did not take the message: try again with the same message_id"


class SmsCodeWrong(Refusal):
    """The code is wrong, expired, used or burnt by five wrong tries; which of them is not told."""

    kind = "unauthenticated"
    code = "sms.code_wrong"
    text = "the code is wrong or no longer good: ask for a new one"
