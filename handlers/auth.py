"""Signing up, in and out."""

from contracts.auth import SignedIn, SignedOut, SignIn, SignOut, SignUp
from contracts.reply import Failed
from handlers.deps import Handlers
from handlers.guessing import guessed_wrong
from handlers.hashing import hashed, verified
from handlers.opening import bind, forgotten, vanished, welcomed
from handlers.presented import session_of, signed_out, tell_signed_out, tenant_of, visited
from handlers.views import user_view
from models.conditions import fold
from models.errors.auth import SessionInvalid
from models.errors.base import TryAgain
from models.errors.users import UsernameTaken
from models.sessions import Identity
from models.unit import Unit
from models.users import User


async def sign_up(command: SignUp, unit: Unit) -> SignedIn | Failed:
    """Make a user known by an address, and open a session."""
    tenant = await tenant_of(command.tenant, unit)
    password = await hashed(command.password, command.password_rules, unit)
    past = await visited(command, tenant, unit)
    address = command.email.lower()
    user = User(id=await unit.counters.next("users"), username=address, email=address, password=password)
    if await unit.users.taken(user.logins.values()):
        return await signed_out(past, UsernameTaken(), unit)
    if await vanished(past, user, unit):
        return await forgotten(past, unit)
    unit.emit("user.created", user, user_view)
    if past and past.identity:
        await bind(past.identity, user, unit)
    unit.emit("auth.signed_up", user, user_view)
    await unit.users.add(user)
    return await welcomed(command, user, tenant, unit, past)


async def sign_in(command: SignIn, unit: Unit) -> SignedIn | Failed:
    """Check a password and open a session; the check comes before the transaction."""
    tenant = await tenant_of(command.tenant, unit)
    known = await unit.outside.users.find(login=command.login)
    locks = unit.shared.policy.realms[command.realm].locks
    counter = unit.lockouts.fresh(command.realm, locks, command.login, known.id if known else None)
    await unit.outside.lockouts.admit(counter)
    user = _welcome(known, command, unit)
    good, better = await verified(command.password, user, unit)
    past = await visited(command, tenant, unit)
    if user is None or not good:
        return await signed_out(past, await guessed_wrong(counter, unit), unit)
    await unit.lockouts.clear(counter)
    if better:
        await unit.users.upgrade(user, better)
    if await vanished(past, user, unit):
        return await forgotten(past, unit)
    if past and past.identity:
        user = await _bound(past.identity, user, unit)
    return await welcomed(command, user, tenant, unit, past)


async def sign_out(command: SignOut, unit: Unit) -> SignedOut:
    """End a session, with the identity that waits in it."""
    session = await session_of(command, unit)
    if session is None:
        if command.realm and not unit.shared.policy.realms[command.realm].cookie:
            raise SessionInvalid
        return SignedOut(ended=0)
    tell_signed_out(session, unit)
    await unit.sessions.remove(session.id)
    return SignedOut(ended=1)


def _welcome(known: User | None, command: SignIn, unit: Unit) -> User | None:
    # whom this realm does not look for is counted like everybody, or the delays would tell who is known at others
    kinds = unit.shared.policy.realms[command.realm].logins
    found = known is not None and any(known.logins.get(kind) == fold(command.login) for kind in kinds)
    return known if found else None


async def _bound(identity: Identity, checked: User, unit: Unit) -> User:
    user = await unit.users.find(id=checked.id)
    if user is None or user.epoch != checked.epoch:
        raise TryAgain  # deleted or given another password since it was checked
    await bind(identity, user, unit)
    await unit.users.save(user)
    return user


HANDLERS: Handlers = {"auth.sign_up": sign_up, "auth.sign_in": sign_in, "auth.sign_out": sign_out}
