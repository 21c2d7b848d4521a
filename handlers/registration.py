"""Registration with a telephone number."""

from contracts.auth import Permission, Register, Registered
from contracts.reply import Failed
from handlers.handler import Handlers
from handlers.links import USER_ROLES, emit_link_changes
from handlers.password_hashing import hash_password, refuse_weak
from handlers.problems import problem
from handlers.views import user_view
from models.errors.sms import SmsCodeWrong
from models.login_identifiers import LOGINS
from models.unit_of_work import UnitOfWork
from models.users import User


async def register(command: Register, unit: UnitOfWork) -> Registered | Failed:
    """Create a user with the default roles; where SMS is on, the command must have the right code."""
    _refuse_unfit(command, unit)
    await _refuse_taken(command, unit.read_only)
    password = await hash_password(command.password, command.password_rules, unit)
    await _refuse_taken(command, unit)
    if unit.dependencies.sms is not None and not await _consume_code(command, unit):
        return Failed(problem=problem(SmsCodeWrong()))
    defaults = await unit.default_roles.find(unit.dependencies.policy.default_roles)
    user = User(
        id=await unit.counters.reserve_id("users"),
        mobile=command.telephone,
        telephone_verified=int(unit.dependencies.sms is not None),
        password=password,
        role_ids=sorted(default.role_id for default in defaults),
        **command.model_dump(include={"username", "telephone", "company", "gender"}),
    )
    _emit_registered(user, unit)
    await unit.users.add(user)
    permissions = [Permission(platform=default.app, role=default.role) for default in defaults]
    return Registered(user=user_view(user), permissions=permissions)


def _emit_registered(user: User, unit: UnitOfWork) -> None:
    unit.set_actor(user.id)
    unit.emit("user.created", user, user_view)
    emit_link_changes(USER_ROLES, user, [], unit)
    unit.emit("auth.signed_up", user, user_view)


def _refuse_unfit(command: Register, unit: UnitOfWork) -> None:
    unit.dependencies.policy.refuse_username(command.username)
    refuse_weak(command.password, command.password_rules, unit)


async def _refuse_taken(command: Register, unit: UnitOfWork) -> None:
    for field in ("telephone", "username"):  # a taken telephone is reported first
        if await unit.users.find_taken([getattr(command, field)]):
            raise LOGINS[field]


async def _consume_code(command: Register, unit: UnitOfWork) -> bool:
    if command.code is None:
        return False
    return await unit.sms_numbers.consume_code(command.telephone, command.code.get_secret_value())


HANDLERS: Handlers = {"auth.register": register}
