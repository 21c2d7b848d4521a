"""Registering with a telephone number (usermgmt)."""

from contracts.auth import Permission, Register, Registered
from contracts.reply import Failed
from handlers.deps import Handlers
from handlers.hashing import hashed, refuse_weak
from handlers.links import USER_ROLES, tell_links
from handlers.pipeline import problem
from handlers.views import user_view
from models.conditions import fold
from models.errors.sms import SmsCodeWrong
from models.unit import Unit
from models.users import LOGINS, User


async def register(command: Register, unit: Unit) -> Registered | Failed:
    """Make a user with the default roles; while SMS is on, a code must be right."""
    refuse_weak(command.password, command.password_rules, unit)
    await _refuse_taken(command, unit.outside)
    password = await hashed(command.password, command.password_rules, unit)
    await _refuse_taken(command, unit)
    if unit.shared.sms_enabled and not await _spent(command, unit):
        return Failed(problem=problem(SmsCodeWrong()))
    granted = await unit.defaults.roles(unit.shared.policy.default_roles)
    user = User(
        id=await unit.counters.next("users"),
        mobile=command.telephone,
        password=password,
        role_ids=sorted(grant.role_id for grant in granted),
        **command.model_dump(include={"username", "telephone", "company", "gender"}),
    )
    unit.emit("user.created", user, user_view)
    tell_links(USER_ROLES, user, [], unit)
    unit.emit("auth.signed_up", user, user_view)
    await unit.users.add(user)
    permissions = [Permission(platform=grant.app, role=grant.role) for grant in granted]
    return Registered(user=user_view(user), permissions=permissions)


async def _refuse_taken(command: Register, unit: Unit) -> None:
    for field in ("telephone", "username"):  # in the order of the REST contract, 6.3
        if await unit.users.taken([fold(getattr(command, field))]):
            raise LOGINS[field]


async def _spent(command: Register, unit: Unit) -> bool:
    return command.code is not None and await unit.codes.spend(command.telephone, command.code.get_secret_value())


HANDLERS: Handlers = {"auth.register": register}
