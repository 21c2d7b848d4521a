"""Sessions: resolve, list, revoke, attach an identity."""

from contracts.sessions import (
    Attached,
    AttachIdentity,
    ListSessions,
    ResolvedSession,
    ResolveSession,
    Revoked,
    RevokeSession,
    SessionList,
)
from handlers.handler import Handlers
from handlers.session_lookup import authenticate_session, session_view
from handlers.views import user_view
from models.errors.auth import SessionInvalid, SessionNotFound
from models.secrets.keys import token_hash
from models.sessions import PendingIdentity, Session
from models.store.journal import REFERENCE
from models.unit_of_work import UnitOfWork

VISITORS = "starcedu_local"  # the realm of signed-out sessions


async def resolve_session(query: ResolveSession, unit: UnitOfWork) -> ResolvedSession:
    """Return the session with this token, and its user; this counts as a use of the session."""
    session, user = await authenticate_session(query, unit)
    await unit.sessions.record_use(session)
    return ResolvedSession(session=session_view(session), user=user_view(user))


async def list_sessions(query: ListSessions, unit: UnitOfWork) -> SessionList:
    """List the live sessions of a user."""
    user = await unit.users.find(id=query.user_id)
    found = await unit.sessions.find_live(user.id, user.epoch) if user else []
    return SessionList(items=[session_view(session) for session in found])


async def revoke_session(command: RevokeSession, unit: UnitOfWork) -> Revoked:
    """End one session of a user, or all."""
    sessions = await unit.sessions.find_stored(command.user_id, command.id)
    if command.id is not None and not sessions:
        raise SessionNotFound
    unit.add_subject(f"user/{command.user_id}")
    for session in sessions:
        unit.emit("session.revoked", session, session_view)
    await (unit.sessions.end_all(command.user_id) if command.id is None else unit.sessions.remove(command.id))
    return Revoked(revoked=len(sessions))


async def attach_identity(command: AttachIdentity, unit: UnitOfWork) -> Attached:
    """Put an identity into a visitor's session, for which both the presented token and a new one are valid."""
    await unit.integrations.require([command.provider])
    session = await _get_visitor_session(command, unit)
    token = unit.mint(REFERENCE)
    session.hashes.append(token_hash(token))
    session.identity = PendingIdentity(**command.model_dump(include={"provider", "subject", "profile"}))
    await unit.sessions.upsert(session)
    return Attached(token=token, expires_at=session.expires_at)


async def _get_visitor_session(command: AttachIdentity, unit: UnitOfWork) -> Session:
    if command.token is None:
        policy = unit.dependencies.policy
        lifetime = policy.realms[VISITORS].session_lifetime(remember=False)
        return Session.create(await unit.counters.reserve_id("sessions"), VISITORS, lifetime, policy.absolute)
    token = command.token.get_secret_value()
    session = await unit.sessions.find_by_token(token, VISITORS)
    if session is None:
        raise SessionInvalid
    session.record_use()
    session.hashes = [token_hash(token)]
    return session


HANDLERS: Handlers = {
    "session.resolve": resolve_session,
    "session.list": list_sessions,
    "session.revoke": revoke_session,
    "session.attach_identity": attach_identity,
}
