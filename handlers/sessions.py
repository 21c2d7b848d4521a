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
from handlers.deps import Handlers
from handlers.presented import holder, session_view
from handlers.views import user_view
from models.errors.auth import SessionInvalid, SessionNotFound
from models.journal import REFERENCE
from models.keys import token_hash
from models.sessions import Identity, Session
from models.unit import Unit

VISITORS = "starcedu_local"


async def resolve_session(query: ResolveSession, unit: Unit) -> ResolvedSession:
    """The session with this token and its user; counts as a use."""
    session, user = await holder(query, unit)
    await unit.sessions.used(session)
    return ResolvedSession(session=session_view(session), user=user_view(user))


async def list_sessions(query: ListSessions, unit: Unit) -> SessionList:
    """The live sessions of a user."""
    user = await unit.users.find(id=query.user_id)
    found = await unit.sessions.of_user(user.id, user.epoch) if user else []
    return SessionList(items=[session_view(session) for session in found])


async def revoke_session(command: RevokeSession, unit: Unit) -> Revoked:
    """End one session of a user, or all."""
    sessions = await unit.sessions.every(command.user_id, command.id)
    if command.id is not None and not sessions:
        raise SessionNotFound
    for session in sessions:
        unit.emit("session.revoked", session, session_view)
    await (unit.sessions.end_all(command.user_id) if command.id is None else unit.sessions.remove(command.id))
    return Revoked(revoked=len(sessions))


async def attach_identity(command: AttachIdentity, unit: Unit) -> Attached:
    """Put an identity into a visitor's session; the presented token and the new one both open it."""
    await unit.integrations.require([command.provider])
    session = await _session(command, unit)
    token = unit.mint(REFERENCE)
    session.hashes.append(token_hash(token))
    session.identity = Identity(**command.model_dump(include={"provider", "subject", "profile"}))
    await unit.sessions.put(session)
    return Attached(token=token, expires_at=session.expires_at)


async def _session(command: AttachIdentity, unit: Unit) -> Session:
    if command.token is None:
        policy = unit.shared.policy
        life = policy.realms[VISITORS].life(remember=False)
        return Session.begun(await unit.counters.next("sessions"), VISITORS, life, policy.absolute)
    text = command.token.get_secret_value()
    session = await unit.sessions.presented(text, VISITORS)
    if session is None:
        raise SessionInvalid
    session.use()
    session.hashes = [token_hash(text)]
    return session


HANDLERS: Handlers = {
    "session.resolve": resolve_session,
    "session.list": list_sessions,
    "session.revoke": revoke_session,
    "session.attach_identity": attach_identity,
}
