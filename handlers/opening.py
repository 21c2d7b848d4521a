"""Opening a session, and binding the identity that waited in the one before."""

from datetime import datetime
from functools import partial

from contracts.auth import Identity as Bound
from contracts.auth import Opening, SignedIn
from contracts.reply import Failed
from handlers.pipeline import problem
from handlers.presented import session_view, tell_signed_out
from handlers.views import account_changed, user_view
from models.errors.auth import IdentityGone
from models.journal import REFERENCE, Form
from models.keys import token_hash
from models.sessions import Identity, Session
from models.tenants import Tenant
from models.unit import Unit
from models.users import Account, User


async def welcomed(opening: Opening, user: User, tenant: Tenant | None, unit: Unit, past: Session | None) -> SignedIn:
    """Open a session in place of the past one; the reply with its token."""
    session = await _begun(opening, user, tenant, unit)
    token = unit.mint(_signed(session, tenant) if tenant else REFERENCE)
    session.hashes = [token_hash(token)]
    if past is not None:
        tell_signed_out(past, unit)
        await unit.sessions.remove(past.id)
    unit.emit("auth.signed_in", session, session_view)
    await unit.sessions.add(session)
    waited = past.identity if past else None
    return SignedIn(
        user=user_view(user),
        session=session_view(session),
        token=token,
        bound=Bound(**waited.model_dump()) if waited else None,
    )


async def vanished(past: Session | None, user: User, unit: Unit) -> bool:
    """Whether the identity that waits is another user's by now, or its provider is gone."""
    if past is None or past.identity is None:
        return False
    pair = (past.identity.provider, past.identity.subject)
    known = await unit.integrations.known([past.identity.provider])
    return not known or bool(await unit.accounts.taken([pair], but=user.id))


async def forgotten(past: Session | None, unit: Unit) -> Failed:
    """Refuse; the identity that waited is forgotten."""
    if past is not None:
        past.identity = None
        await unit.sessions.save(past)
    return Failed(problem=problem(IdentityGone()))


async def bind(identity: Identity, user: User, unit: Unit) -> None:
    """Store the account with the user in place of an older one of that provider; save the user afterwards."""
    await unit.integrations.require([identity.provider])
    held = next((account for account in user.accounts if account.integration == identity.provider), None)
    if held is None:
        number = await unit.counters.next("accounts")
        held = Account(account_id=number, integration=identity.provider, account=identity.subject)
        user.accounts.append(held)
        unit.emit("account.bound", user, partial(account_changed, account=held))
    elif held.account != identity.subject:
        held.account = identity.subject
        unit.emit("account.rebound", user, partial(account_changed, account=held))


async def _begun(opening: Opening, user: User, tenant: Tenant | None, unit: Unit) -> Session:
    policy = unit.shared.policy
    realm = policy.realms[opening.realm]
    life = realm.life(opening.remember)
    session = Session.begun(await unit.counters.next("sessions"), opening.realm, life, policy.absolute)
    session.user_id, session.epoch, session.single = user.id, user.epoch, realm.single
    session.remembered = opening.remember and not session.sliding
    session.tenant_id, session.tenant_key = (tenant.name, tenant.key) if tenant else (None, None)
    return session


def _signed(session: Session, tenant: Tenant) -> Form:
    claims = {
        "iss": "userbus",
        "aud": tenant.name,
        "sub": str(session.user_id),
        "jti": str(session.id),
        "iat": _seconds(session.created_at),
        "exp": _seconds(session.expires_at),
    }
    return Form("jwt", tenant.key, claims)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
