"""Who speaks: tenants and sessions as callers present them."""

from pydantic import SecretStr

from contracts.auth import Opening
from contracts.reply import Failed
from contracts.sessions import Presented, SessionView, TenantCredentials
from handlers.pipeline import problem
from models.errors.auth import SessionInvalid
from models.errors.base import Refusal
from models.sessions import Session
from models.tenants import Tenant
from models.unit import Unit
from models.users import User


def session_view(session: Session) -> SessionView:
    """A session without its token."""
    return SessionView(**session.model_dump(include=set(SessionView.model_fields)))


async def tenant_of(given: TenantCredentials | None, unit: Unit) -> Tenant | None:
    """The tenant that speaks, if any. Raises `TenantInvalid`."""
    if given is None:
        return None
    return await unit.outside.tenants.verified(given.id, given.secret.get_secret_value())


async def session_of(given: Presented, unit: Unit) -> Session | None:
    """The live session with this token, signed in or not. Raises `TenantInvalid`."""
    return await _opened(given.token, given.realm, await tenant_of(given.tenant, unit), unit)


async def holder(given: Presented, unit: Unit) -> tuple[Session, User]:
    """The session with this token and its user. Raises `TenantInvalid`, `SessionInvalid`."""
    session = await session_of(given, unit)
    user = await user_of(session, unit) if session else None
    if session is None or user is None:
        raise SessionInvalid
    return session, user


async def user_of(session: Session, unit: Unit) -> User | None:
    """The user who is signed in, if anybody is and the user's sessions have not all been ended since."""
    user = await unit.users.find(id=session.user_id)
    return user if user is not None and user.epoch == session.epoch else None


async def visited(opening: Opening, tenant: Tenant | None, unit: Unit) -> Session | None:
    """The visitor's present session of the realm and tenant, if it is good."""
    if opening.session is None:
        return None
    return await _opened(opening.session, opening.realm, tenant, unit)


async def signed_out(session: Session | None, why: Refusal, unit: Unit) -> Failed:
    """Refuse; the visitor's present session is signed out, an identity in it stays. A bearer token's is gone."""
    if session is not None:
        tell_signed_out(session, unit)
        session.user_id = None
        await (unit.sessions.remove(session.id) if session.single else unit.sessions.save(session))
    return Failed(problem=problem(why))


def tell_signed_out(session: Session, unit: Unit) -> None:
    """Tell that a user is signed out of a session, if one was signed in."""
    if session.user_id is not None:
        unit.emit("auth.signed_out", session, session_view)


async def _opened(token: SecretStr, realm: str | None, tenant: Tenant | None, unit: Unit) -> Session | None:
    session = await unit.sessions.presented(token.get_secret_value(), realm)
    whose = (tenant.name, tenant.key) if tenant else (None, None)
    return session if session is not None and (session.tenant_id, session.tenant_key) == whose else None
