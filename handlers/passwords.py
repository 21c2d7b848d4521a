"""Changing a password, and resetting it by SMS code; both end every session and token of the user."""

from contracts.auth import ChangePassword, PasswordSet, ResetPassword
from contracts.reply import Failed
from handlers.failed_attempts import record_failed_attempt
from handlers.handler import Handlers
from handlers.password_hashing import hash_password, verify_password
from handlers.problems import problem
from handlers.session_lookup import authenticate_session
from handlers.views import user_view
from models.errors.base import TryAgain
from models.errors.sms import SmsCodeWrong, SmsDisabled
from models.errors.users import UserNotFound
from models.unit_of_work import UnitOfWork
from models.users import User


async def change_password(command: ChangePassword, unit: UnitOfWork) -> PasswordSet | Failed:
    """Set a new password for the user of a session, who must know the old one."""
    session, checked = await authenticate_session(command, unit.read_only)
    unit.set_actor(checked.id)
    counters = unit.lockouts.new_counters(session.realm, False, "", checked.id)
    await unit.read_only.lockouts.refuse_locked(counters)
    correct, _ = await verify_password(command.old_password, checked, unit)
    if not correct:
        return Failed(problem=problem(await record_failed_attempt(counters, unit)))
    password = await hash_password(command.new_password, command.password_rules, unit)
    await unit.lockouts.clear(counters)
    user = await unit.users.find(id=checked.id)
    if user is None or user.epoch != checked.epoch:
        raise TryAgain  # deleted, or the password has changed since it was checked
    return await _store_password(user, password, "auth.password_changed", unit)


async def reset_password(command: ResetPassword, unit: UnitOfWork) -> PasswordSet | Failed:
    """Set a new password for the user of a telephone number, who must know its code; end the user's locks."""
    if unit.dependencies.sms is None:
        raise SmsDisabled
    if await unit.read_only.users.find(telephone=command.telephone) is None:
        raise UserNotFound
    password = await hash_password(command.new_password, command.password_rules, unit)
    if not await unit.sms_numbers.consume_code(command.telephone, command.code.get_secret_value()):
        return Failed(problem=problem(SmsCodeWrong()))
    user = await unit.users.find(telephone=command.telephone)
    if user is None:
        raise UserNotFound
    unit.set_actor(user.id)
    await unit.lockouts.forget(user.id, user.identifiers.values())
    return await _store_password(user, password, "auth.password_reset", unit)


async def _store_password(user: User, password: str, event: str, unit: UnitOfWork) -> PasswordSet:
    user.change({"password": password})
    await unit.sessions.end_all(user.id)
    unit.emit(event, user, user_view)
    await unit.users.save(user)
    return PasswordSet(user=user_view(user))


HANDLERS: Handlers = {"auth.change_password": change_password, "auth.reset_password": reset_password}
