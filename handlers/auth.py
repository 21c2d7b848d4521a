"""Sign up, sign in, sign out."""

from contracts.auth import ListLockouts, SignedIn, SignedOut, SignIn, SignOut, SignUp, UnlockUser
from contracts.lockout_views import LockoutList
from contracts.reply import Failed
from contracts.user_views import UserView
from handlers.failed_attempts import counter_view, record_failed_attempt
from handlers.handler import Handlers
from handlers.password_hashing import hash_password, verify_password
from handlers.session_lookup import (
    authenticate_tenant,
    emit_signed_out,
    find_current_session,
    find_session,
    refuse_and_sign_out,
)
from handlers.session_start import bind_identity, drop_pending_identity, is_identity_taken, start_session
from handlers.views import user_view
from models.errors.auth import BadCredentials, SessionInvalid, UserDisabled
from models.errors.base import TryAgain
from models.errors.users import UsernameTaken
from models.sessions import PendingIdentity
from models.tenants import Tenant
from models.unit_of_work import UnitOfWork
from models.users import User


async def sign_up(command: SignUp, unit: UnitOfWork) -> SignedIn | Failed:
    """Create a user with an e-mail address and start a session."""
    tenant = await authenticate_tenant(command.tenant, unit)
    password = await hash_password(command.password, command.password_rules, unit)
    previous = await find_current_session(command, tenant, unit)
    address = command.email.lower()
    user = User(id=await unit.counters.reserve_id("users"), username=address, email=address, password=password)
    if await unit.users.find_taken(user.identifiers.values()):
        return await refuse_and_sign_out(previous, UsernameTaken(), unit)
    if await is_identity_taken(previous, user, unit):
        return await drop_pending_identity(previous, unit)
    unit.emit("user.created", user, user_view)
    if previous and previous.identity:
        await bind_identity(previous.identity, user, unit)
    unit.emit("auth.signed_up", user, user_view)
    await unit.users.add(user)
    return await start_session(command, user, tenant, unit, previous)


async def sign_in(command: SignIn, unit: UnitOfWork) -> SignedIn | Failed:
    """Check a password and start a session; the check comes before the transaction."""
    tenant = await authenticate_tenant(command.tenant, unit)
    try:
        return await _check_and_start(command, tenant, unit)
    except BadCredentials as refusal:  # too many failures within an hour; nothing is written yet
        return await refuse_and_sign_out(await find_current_session(command, tenant, unit), refusal, unit)


async def sign_out(command: SignOut, unit: UnitOfWork) -> SignedOut:
    """End a session and drop its pending identity."""
    session = await find_session(command, unit)
    if session is None:
        if command.realm and not unit.dependencies.policy.realms[command.realm].cookie:
            raise SessionInvalid
        return SignedOut(ended=0)
    if session.user_id is not None:
        unit.set_actor(session.user_id)
    emit_signed_out(session, unit)
    await unit.sessions.remove(session.id)
    return SignedOut(ended=1)


async def unlock_user(command: UnlockUser, unit: UnitOfWork) -> UserView:
    """Forget the failed sign-ins of a user."""
    user = await unit.users.get(command.id)
    await unit.lockouts.forget(user.id, user.identifiers.values())
    unit.add_subject(user.subject)
    return user_view(user)


async def list_lockouts(query: ListLockouts, unit: UnitOfWork) -> LockoutList:
    """List the failed sign-ins of a user that still count."""
    user = await unit.users.get(query.user_id)
    counters = await unit.lockouts.find_counting(user.id, user.identifiers)
    return LockoutList(items=[counter_view(name, counter) for name, counter in counters])


async def _check_and_start(command: SignIn, tenant: Tenant | None, unit: UnitOfWork) -> SignedIn | Failed:
    known = await unit.read_only.users.find(login=command.login)
    locks = unit.dependencies.policy.realms[command.realm].locks
    counters = unit.lockouts.new_counters(command.realm, locks, command.login, known.id if known else None)
    await unit.read_only.lockouts.refuse_locked(counters)
    user = _user_of_realm(known, command, unit)
    correct, stronger_hash = await verify_password(command.password, user, unit)
    previous = await find_current_session(command, tenant, unit)
    if user is None or not correct:
        return await refuse_and_sign_out(previous, await record_failed_attempt(counters, unit), unit)
    if user.disabled:
        return await refuse_and_sign_out(previous, UserDisabled(), unit)
    await unit.lockouts.clear(counters)
    if stronger_hash:
        await unit.users.upgrade_hash(user, stronger_hash)
    if await is_identity_taken(previous, user, unit):
        return await drop_pending_identity(previous, unit)
    if previous and previous.identity:
        user = await _bind_to_checked(previous.identity, user, unit)
    return await start_session(command, user, tenant, unit, previous)


def _user_of_realm(known: User | None, command: SignIn, unit: UnitOfWork) -> User | None:
    # a user whom this realm does not accept is counted all the same, or the delays would tell who is known elsewhere
    realm = unit.dependencies.policy.realms[command.realm]
    keys = unit.login_keys.keys(known.identifiers) if known else {}
    accepted = any(keys.get(field) == unit.login_keys.key(command.login) for field in realm.logins)
    return known if known and accepted and (known.root or not realm.root_only) else None


async def _bind_to_checked(identity: PendingIdentity, checked: User, unit: UnitOfWork) -> User:
    user = await unit.users.find(id=checked.id)
    if user is None or user.epoch != checked.epoch:
        raise TryAgain  # deleted, or the password has changed since it was checked
    await bind_identity(identity, user, unit)
    await unit.users.save(user)
    return user


HANDLERS: Handlers = {
    "auth.sign_up": sign_up,
    "auth.sign_in": sign_in,
    "auth.sign_out": sign_out,
    "auth.unlock": unlock_user,
    "auth.list_lockouts": list_lockouts,
}
GROUPED = ("auth.sign_in", "auth.sign_out")
