"""SMS codes: send, verify."""

from functools import partial

from contracts.reply import Failed
from contracts.sms import CodeSent, CodeVerified, SendCode, SmsFailed, SmsSent, SmsVerified, VerifyCode
from handlers.handler import Handlers
from handlers.problems import problem
from models.errors.sms import SmsCodeWrong, SmsDisabled
from models.sms_codes import SmsNumber
from models.sms_sends import CodeRequest
from models.unit_of_work import UnitOfWork


async def send_code(command: SendCode, unit: UnitOfWork) -> CodeSent:
    """Send a code and emit `sms.code_sent`; the gateway is called before the transaction opens."""
    if unit.dependencies.sms is None:
        raise SmsDisabled
    message_id = unit.context.message_id
    await unit.dependencies.sms.send(CodeRequest(command.telephone, message_id, command.client_address))
    number = await unit.sms_numbers.get_sent(command.telephone, message_id)
    unit.emit("sms.code_sent", number, lambda row: SmsSent(**row.send_times(message_id)))
    await unit.sms_numbers.save(number)
    return CodeSent(**number.send_times(message_id))


async def verify_code(command: VerifyCode, unit: UnitOfWork) -> CodeVerified | Failed:
    """Use up a code; a wrong attempt is counted although the command fails."""
    if unit.dependencies.sms is None:
        raise SmsDisabled
    number = await unit.sms_numbers.find(telephone=command.telephone)
    if number is None or not number.is_code_live:
        return Failed(problem=problem(SmsCodeWrong()))
    code_hash = unit.sms_numbers.code_hash(command.telephone, command.code.get_secret_value())
    verified = number.consume_code(code_hash)
    unit.emit("sms.code_verified" if verified else "sms.code_failed", number, partial(_attempt_view, verified))
    await unit.sms_numbers.save(number)
    return CodeVerified(verified=True) if verified else Failed(problem=problem(SmsCodeWrong()))


def _attempt_view(verified: bool, number: SmsNumber) -> SmsVerified | SmsFailed:
    return SmsVerified() if verified else SmsFailed(left=number.tries_left)


HANDLERS: Handlers = {"sms.send_code": send_code, "sms.verify_code": verify_code}
