"""Starting a session, and binding the pending identity of the previous one."""

from datetime import datetime
from functools import partial

from contracts.auth import Identity, SessionOptions, SignedIn
from contracts.reply import Failed
from handlers.problems import problem
from handlers.session_lookup import emit_signed_out, session_view
from handlers.views import account_change_view, user_view
from models.errors.auth import IdentityGone
from models.secrets.keys import token_hash
from models.sessions import PendingIdentity, Session
from models.store.journal import REFERENCE, TokenFormat
from models.tenants import Tenant
from models.unit_of_work import UnitOfWork
from models.users import Account, User


async def start_session(
    options: SessionOptions, user: User, tenant: Tenant | None, unit: UnitOfWork, previous: Session | None
) -> SignedIn:
    """Start a session in place of the previous one; return the reply with its token."""
    unit.set_actor(user.id)
    session = await _create_session(options, user, tenant, unit)
    token = unit.mint(_jwt_format(session, tenant) if tenant else REFERENCE)
    session.hashes = [token_hash(token)]
    if previous is not None:
        emit_signed_out(previous, unit)
        await unit.sessions.remove(previous.id)
    shown = unit.emit("auth.signed_in", session, session_view)
    await unit.sessions.add(session)
    pending = previous.identity if previous else None
    return SignedIn(
        user=user_view(user),
        session=shown,
        token=token,
        bound=Identity(**pending.model_dump()) if pending else None,
    )


async def is_identity_taken(previous: Session | None, user: User, unit: UnitOfWork) -> bool:
    """Return whether the pending identity has become another user's, or its provider has been deleted."""
    if previous is None or previous.identity is None:
        return False
    key = (previous.identity.provider, previous.identity.subject)
    known = await unit.integrations.find_ids([previous.identity.provider])
    return not known or bool(await unit.accounts.find_taken([key], but=user.id))


async def drop_pending_identity(previous: Session | None, unit: UnitOfWork) -> Failed:
    """Refuse the sign-in and delete the pending identity of the session."""
    if previous is not None:
        previous.identity = None
        await unit.sessions.save(previous)
    return Failed(problem=problem(IdentityGone()))


async def bind_identity(identity: PendingIdentity, user: User, unit: UnitOfWork) -> None:
    """Give the user the account of an identity, in place of one of the same provider. Save the user afterwards."""
    await unit.integrations.require([identity.provider])
    account = next((each for each in user.accounts if each.integration == identity.provider), None)
    if account is None:
        number = await unit.counters.reserve_id("accounts")
        account = Account(account_id=number, integration=identity.provider, account=identity.subject)
        user.accounts.append(account)
        user.touch()
        unit.emit("account.bound", user, partial(account_change_view, account=account))
    elif account.account != identity.subject:
        account.account = identity.subject
        user.touch()
        unit.emit("account.rebound", user, partial(account_change_view, account=account))


async def _create_session(options: SessionOptions, user: User, tenant: Tenant | None, unit: UnitOfWork) -> Session:
    policy = unit.dependencies.policy
    realm = policy.realms[options.realm]
    lifetime = realm.session_lifetime(options.remember)
    session = Session.create(
        await unit.counters.reserve_id("sessions"), options.realm, lifetime, realm.longest(policy.absolute), user.id
    )
    session.epoch, session.single = user.epoch, realm.single
    session.remembered = options.remember and not session.sliding
    session.tenant_id, session.tenant_key = (tenant.name, tenant.key) if tenant else (None, None)
    return session


def _jwt_format(session: Session, tenant: Tenant) -> TokenFormat:
    claims = {
        "iss": "userbus",
        "aud": tenant.name,
        "sub": str(session.user_id),
        "jti": str(session.id),
        "iat": _unix_time(session.created_at),
        "exp": _unix_time(session.expires_at),
    }
    return TokenFormat("jwt", tenant.key, claims)


def _unix_time(moment: datetime) -> int:
    return int(moment.timestamp())
