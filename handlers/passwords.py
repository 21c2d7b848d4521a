"""Changing the own password, and resetting it by SMS code; both end every session and token of the user."""

from contracts.auth import ChangePassword, PasswordSet, ResetPassword
from contracts.reply import Failed
from handlers.deps import Handlers
from handlers.guessing import guessed_wrong
from handlers.hashing import hashed, verified
from handlers.pipeline import problem
from handlers.presented import holder
from handlers.views import user_view
from models.errors.base import TryAgain
from models.errors.sms import SmsCodeWrong, SmsDisabled
from models.errors.users import UserNotFound
from models.unit import Unit
from models.users import User


async def change_password(command: ChangePassword, unit: Unit) -> PasswordSet | Failed:
    """Set a new password for whoever holds the session and knows the old one."""
    session, checked = await holder(command, unit.outside)
    counter = unit.lockouts.fresh(session.realm, False, "", checked.id)
    await unit.outside.lockouts.admit(counter)
    good, _ = await verified(command.old_password, checked, unit)
    if not good:
        return Failed(problem=problem(await guessed_wrong(counter, unit)))
    password = await hashed(command.new_password, command.password_rules, unit)
    await unit.lockouts.clear(counter)
    user = await unit.users.find(id=checked.id)
    if user is None or user.epoch != checked.epoch:
        raise TryAgain  # deleted or given another password since it was checked
    return await _set(user, password, "auth.password_changed", unit)


async def reset_password(command: ResetPassword, unit: Unit) -> PasswordSet | Failed:
    """Set a new password for whoever holds the telephone; lifts the user's lock."""
    if not unit.shared.sms_enabled:
        raise SmsDisabled
    if await unit.outside.users.find(telephone=command.telephone) is None:
        raise UserNotFound
    password = await hashed(command.new_password, command.password_rules, unit)
    if not await unit.codes.spend(command.telephone, command.code.get_secret_value()):
        return Failed(problem=problem(SmsCodeWrong()))
    user = await unit.users.find(telephone=command.telephone)
    if user is None:
        raise UserNotFound
    await unit.lockouts.forget(user.id, user.logins.values())
    return await _set(user, password, "auth.password_reset", unit)


async def _set(user: User, password: str, event: str, unit: Unit) -> PasswordSet:
    user.change({"password": password})
    await unit.sessions.end_all(user.id)
    unit.emit(event, user, user_view)
    await unit.users.save(user)
    return PasswordSet(user=user_view(user))


HANDLERS: Handlers = {"auth.change_password": change_password, "auth.reset_password": reset_password}
