"""The sms family: send a code, verify one."""

from functools import partial

from contracts.problem import Problem
from contracts.reply import Failed
from contracts.sms import CodeSent, CodeVerified, SendCode, SmsFailed, SmsSent, SmsVerified, VerifyCode
from handlers.deps import Handlers
from handlers.senders.delivery import Delivery
from models.codes import Telephone
from models.errors.sms import SmsCodeWrong, SmsDisabled
from models.sends import Asked
from models.unit import Unit


async def send_code(delivery: Delivery | None, command: SendCode, unit: Unit) -> CodeSent:
    """Send a code, then tell of it; the gateway is called before the transaction opens."""
    if delivery is None:
        raise SmsDisabled
    asked = Asked(command.telephone, unit.caller.message_id, command.client_address)
    await delivery.send(asked)
    telephone = await unit.codes.sent(asked.telephone, asked.command)
    unit.emit("sms.code_sent", telephone, lambda row: SmsSent(**row.times(asked.command)))
    await unit.codes.save(telephone)
    return CodeSent(**telephone.times(asked.command))


async def verify_code(command: VerifyCode, unit: Unit) -> CodeVerified | Failed:
    """Use up a code; a wrong try is counted although the command is refused."""
    if not unit.shared.sms_enabled:
        raise SmsDisabled
    telephone = await unit.codes.find(telephone=command.telephone)
    if telephone is None or not telephone.live:
        return _wrong()
    right = telephone.spend(unit.codes.hashed(command.telephone, command.code.get_secret_value()))
    unit.emit("sms.code_verified" if right else "sms.code_failed", telephone, partial(_tried, right))
    await unit.codes.save(telephone)
    return CodeVerified(verified=True) if right else _wrong()


def _tried(right: bool, telephone: Telephone) -> SmsVerified | SmsFailed:
    return SmsVerified() if right else SmsFailed(left=telephone.left)


def _wrong() -> Failed:
    return Failed(problem=Problem(kind="unauthenticated", code=SmsCodeWrong.code, message=SmsCodeWrong.text))


def handlers(delivery: Delivery | None) -> Handlers:
    """The family's handlers; without a delivery SMS is off."""
    return {"sms.send_code": partial(send_code, delivery), "sms.verify_code": verify_code}
