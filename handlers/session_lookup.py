"""Authentication of tenants and sessions by the credentials in a request."""

import structlog
from pydantic import SecretStr

from contracts.auth import SessionOptions
from contracts.reply import Failed
from contracts.sessions import SessionCredentials, SessionView, TenantCredentials
from handlers.problems import problem
from models.errors.auth import SessionInvalid, TenantInvalid
from models.errors.base import Refusal
from models.sessions import Session
from models.tenants import Tenant
from models.unit_of_work import UnitOfWork
from models.users import User

LOGGED = 255  # characters of a tenant's name, which is as long as a sender likes
log = structlog.get_logger()


def session_view(session: Session) -> SessionView:
    """A session without its token."""
    return SessionView(**session.model_dump(include=set(SessionView.model_fields)))


async def authenticate_tenant(credentials: TenantCredentials | None, unit: UnitOfWork) -> Tenant | None:
    """Return the tenant with these credentials, or None without any. Raises `TenantInvalid`."""
    return await verify_tenant_secret(credentials, unit) if credentials else None


async def verify_tenant_secret(credentials: TenantCredentials, unit: UnitOfWork) -> Tenant:
    """Return the tenant with these credentials; a refusal is logged and counted. Raises `TenantInvalid`."""
    try:
        return await unit.read_only.tenants.verify(credentials.id, credentials.secret.get_secret_value())
    except TenantInvalid as refusal:
        log.warning("tenant refused", tenant=credentials.id[:LOGGED], delay=(refusal.details or {}).get("delay", 0.0))
        unit.dependencies.tenant_refusals[()] += 1
        raise


async def find_session(request: SessionCredentials, unit: UnitOfWork) -> Session | None:
    """Return the live session with the request's token, signed in or not, or None. Raises `TenantInvalid`."""
    return await _find_by_token(request.token, request.realm, await authenticate_tenant(request.tenant, unit), unit)


async def authenticate_session(request: SessionCredentials, unit: UnitOfWork) -> tuple[Session, User]:
    """Return the session with the request's token, and its user. Raises `TenantInvalid`, `SessionInvalid`."""
    session = await find_session(request, unit)
    user = await find_session_user(session, unit) if session else None
    if session is None or user is None or (_is_root_only(session, unit) and not user.root):
        raise SessionInvalid
    return session, user


def _is_root_only(session: Session, unit: UnitOfWork) -> bool:
    return unit.dependencies.policy.realms[session.realm].root_only


async def find_session_user(session: Session, unit: UnitOfWork) -> User | None:
    """Return the signed-in user, or None if nobody is or all sessions of the user have been ended since."""
    user = await unit.users.find(id=session.user_id)
    return user if user is not None and user.epoch == session.epoch else None


async def find_current_session(options: SessionOptions, tenant: Tenant | None, unit: UnitOfWork) -> Session | None:
    """Return the visitor's current session if it is live and of the same realm and tenant, or None."""
    if options.session is None:
        return None
    return await _find_by_token(options.session, options.realm, tenant, unit)


async def refuse_and_sign_out(session: Session | None, refusal: Refusal, unit: UnitOfWork) -> Failed:
    """Refuse, and sign the current session out: it keeps its pending identity; one with a bearer token is deleted."""
    if session is not None and session.user_id is not None:
        emit_signed_out(session, unit)
        await unit.sessions.remove(session.id)
        if not session.single:
            await unit.sessions.add(session.copy_signed_out(await unit.counters.reserve_id("sessions")))
    return Failed(problem=problem(refusal))


def emit_signed_out(session: Session, unit: UnitOfWork) -> None:
    """Emit `auth.signed_out` if a user was signed in."""
    if session.user_id is not None:
        unit.emit("auth.signed_out", session, session_view)


async def _find_by_token(
    token: SecretStr, realm: str | None, tenant: Tenant | None, unit: UnitOfWork
) -> Session | None:
    session = await unit.sessions.find_by_token(token.get_secret_value(), realm)
    if session is None:
        return None
    owner = (tenant.name, tenant.key) if tenant else (None, None)
    return session if (session.tenant_id, session.tenant_key) == owner else None
