"""SMS codes: send, verify; how sending goes."""

from functools import partial

from contracts.reply import Failed
from contracts.sms import (
    CodeSent,
    CodeVerified,
    GetSmsStatus,
    SendCode,
    SmsFailed,
    SmsNumberView,
    SmsSendView,
    SmsSent,
    SmsStatusView,
    SmsVerified,
    VerifyCode,
)
from handlers.handler import Handlers
from handlers.problems import problem
from models.errors.sms import SmsCodeWrong, SmsDisabled
from models.sms_codes import SmsNumber
from models.sms_sends import CodeRequest
from models.sms_total import count_sends
from models.store.document import now
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


async def get_sms_status(query: GetSmsStatus, unit: UnitOfWork) -> SmsStatusView:
    """Report gateway, limits and counts, and one number."""
    shared = unit.dependencies
    limits = {name: int(shared.facts[f"sms_{name}"]) for name in ("per_number", "per_address", "per_day")}
    number = await unit.sms_numbers.find(telephone=query.telephone) if query.telephone else None
    return SmsStatusView(
        gateway=shared.facts["sms_sender"],
        outcomes=dict(shared.sms.outcomes) if shared.sms else {},
        **limits,
        sent_today=await count_sends(shared.store, now()) if limits["per_day"] else None,
        number=_number_view(number) if number else None,
    )


def _number_view(number: SmsNumber) -> SmsNumberView:
    sends = [SmsSendView(message_id=send.command, at=send.at, outcome=send.outcome) for send in number.sends]
    expires = number.expires_at if number.is_code_live else None
    return SmsNumberView(code_expires_at=expires, tries_left=number.tries_left, sends=sends)


def _attempt_view(verified: bool, number: SmsNumber) -> SmsVerified | SmsFailed:
    return SmsVerified() if verified else SmsFailed(left=number.tries_left)


HANDLERS: Handlers = {"sms.send_code": send_code, "sms.verify_code": verify_code, "sms.status": get_sms_status}
