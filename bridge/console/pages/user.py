"""One user: what it is, what it may and through what, where it is signed in, what locks it; and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr
from starlette.responses import Response

from bridge.console.errors import render_refusal
from bridge.console.page import ConsolePage, PageRequest, act, show
from contracts.audit import AuditEntry, SearchAudit
from contracts.auth import ListLockouts, UnlockUser
from contracts.groups import GroupsOfUser, GroupView
from contracts.lockout_views import CounterView
from contracts.roles import RolesOfGroup, RolesOfUser, RoleView
from contracts.sessions import ListSessions, RevokeSession, SessionView
from contracts.user_queries import GetUser
from contracts.user_views import UserView
from contracts.users import DisableUser, EnableUser, UpdateUser

LATEST = 20
MOST_GROUPS = 50  # whose roles are asked for, one request each
NOTICES = {
    "disabled": "The user is disabled: no sign-in, and every session has ended.",
    "enabled": "The user can sign in again.",
    "unlocked": "Failed sign-ins are forgotten, locks and delays have ended.",
    "signed-out": "Every session has ended.",
    "session-ended": "The session has ended.",
    "role-granted": "The user has the role.",
    "role-revoked": "The role is taken from the user.",
}


@dataclass(frozen=True, slots=True)
class GrantedRole:
    """A role of a user; `through` are the names of the groups that give it."""

    role: RoleView
    is_direct: bool
    through: Sequence[str]


@dataclass(frozen=True, slots=True)
class UserDetails:
    """What the page shows of a user; a soft-deleted one has no roles, groups and locks to ask for."""

    user: UserView
    sessions: Sequence[SessionView]
    audit: Sequence[AuditEntry]
    groups: Sequence[GroupView] = ()
    roles: Sequence[GrantedRole] = ()
    lockouts: Sequence[CounterView] = ()


async def show_user(request: PageRequest) -> Response:
    """Show all that there is about a user."""
    return request.render("user.html", details=await _load(request), password="")


async def disable(request: PageRequest) -> Response:
    """Refuse the user every sign-in; nobody does so to oneself."""
    if request.operator and request.id == request.operator.id:
        advice = "Nobody could undo it from this session. Another operator can do it."
        return render_refusal(request, 409, "You cannot disable yourself.", advice=advice)
    await request.ask(DisableUser(id=request.id))
    return _redirect(request, "disabled")


async def enable(request: PageRequest) -> Response:
    """Let the user sign in again."""
    await request.ask(EnableUser(id=request.id))
    return _redirect(request, "enabled")


async def unlock(request: PageRequest) -> Response:
    """Forget failed sign-ins."""
    await request.ask(UnlockUser(id=request.id))
    return _redirect(request, "unlocked")


async def end_sessions(request: PageRequest) -> Response:
    """End every session of the user."""
    await request.ask(RevokeSession(user_id=request.id))
    return _redirect(request, "signed-out")


async def end_session(request: PageRequest) -> Response:
    """End one session of the user."""
    await request.ask(RevokeSession(user_id=request.id, id=int(request.http.path_params["session"])))
    return _redirect(request, "session-ended")


async def reset_password(request: PageRequest) -> Response:
    """Set a random password, and show it on this page alone."""
    password = request.make_secret()
    await request.ask(UpdateUser(id=request.id, password=SecretStr(password)))
    if request.operator and request.id == request.operator.id:  # whose session has ended by this
        return request.render("user_password.html", password=password)
    return request.render("user.html", details=await _load(request), password=password)


def _redirect(request: PageRequest, notice: str) -> Response:
    return request.redirect(f"/users/{request.id}", notice)


async def _load(request: PageRequest) -> UserDetails:
    user = await request.ask(GetUser(id=request.id, include_deleted=True))
    sessions = (await request.ask(ListSessions(user_id=user.id))).items
    audit = (await request.ask(SearchAudit(subject=f"user/{user.id}", size=LATEST))).items
    if user.status == -1:
        return UserDetails(user, sessions, audit)
    groups = (await request.ask(GroupsOfUser(user_id=user.id))).items
    lockouts = (await request.ask(ListLockouts(user_id=user.id))).items
    return UserDetails(user, sessions, audit, groups, await _load_roles(request, user, groups), lockouts)


async def _load_roles(request: PageRequest, user: UserView, groups: Sequence[GroupView]) -> list[GrantedRole]:
    through: dict[int, list[str]] = {}
    for group in groups[:MOST_GROUPS]:
        for role in (await request.ask(RolesOfGroup(group_id=group.id))).items:
            through.setdefault(role.id, []).append(group.name or group.code)
    roles = (await request.ask(RolesOfUser(user_id=user.id))).items
    return [GrantedRole(role, role.id in user.role_ids, through.get(role.id, [])) for role in roles]


AT = "/users/{id:number}"
PAGE = ConsolePage(
    "",
    (
        show(AT, show_user),
        act(f"{AT}/disable", disable),
        act(f"{AT}/enable", enable),
        act(f"{AT}/unlock", unlock),
        act(f"{AT}/sign-out", end_sessions),
        act(f"{AT}/sessions/{{session:number}}/end", end_session),
        act(f"{AT}/reset-password", reset_password),
    ),
    NOTICES,
)
