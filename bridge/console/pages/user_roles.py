"""Giving roles to a user and taking them away, after a page that says what it changes."""

from starlette.responses import Response

from bridge.console.apps import load_app_codes
from bridge.console.page import ConsolePage, PageRequest, act, read_number, show
from contracts.resources import ResourcesOfRole
from contracts.role_links import AssignRoles, RevokeRoles
from contracts.roles import Access, CheckRoles, GetRole, RoleField, RolesOfUser, RoleView, SearchRoles
from contracts.search import Condition
from contracts.user_queries import GetUser
from contracts.user_views import UserView

SIZE = 50
MOST_CHECKED = 1000  # resources of one request


async def choose_role(request: PageRequest) -> Response:
    """List the roles that the user may be given, by a part of their names."""
    user = await request.ask(GetUser(id=request.id))
    text = request.query.get("text")
    where = [Condition[RoleField](field="name", op="like", value=text)] if text else []
    page = await request.ask(SearchRoles(filter=where, size=SIZE, after=request.query.get("after"), count=False))
    codes = await load_app_codes(request, {role.app_id for role in page.items})
    return request.render("user_roles.html", user=user, roles=page.items, after=page.next, codes=codes)


async def show_role(request: PageRequest) -> Response:
    """Show what the user gains by a role, or would lose with it, with the button that does it."""
    user = await request.ask(GetUser(id=request.id))
    role = await request.ask(GetRole(id=int(request.http.path_params["role"])))
    is_direct = role.id in user.role_ids
    has_role = any(each.id == role.id for each in (await request.ask(RolesOfUser(user_id=user.id))).items)
    access = await _check_access(request, user, role)
    return request.render(
        "user_role.html",
        user=user,
        role=role,
        is_direct=is_direct,
        has_role=has_role,
        gained=[each.resource for each in access if not each.allowed],
        only=[each.resource for each in access if [through.id for through in each.roles] == [role.id]],
        is_cut=len(access) == MOST_CHECKED,
    )


async def grant_role(request: PageRequest) -> Response:
    """Give the role to the user."""
    command = AssignRoles.model_validate({"user_id": request.id, "role_ids": _role_ids(request)})
    await request.ask(command)
    return request.redirect(f"/users/{request.id}", "role-granted")


async def revoke_role(request: PageRequest) -> Response:
    """Take the role from the user."""
    command = RevokeRoles.model_validate({"user_id": request.id, "role_ids": _role_ids(request)})
    await request.ask(command)
    return request.redirect(f"/users/{request.id}", "role-revoked")


async def _check_access(request: PageRequest, user: UserView, role: RoleView) -> list[Access]:
    """Whether the user may use the first 1,000 resources of the role, and through which roles."""
    resources = (await request.ask(ResourcesOfRole(role_id=role.id))).items[:MOST_CHECKED]
    codes: dict[int, list[str]] = {}
    for each in resources:
        codes.setdefault(each.app_id, []).append(each.code)
    checks = [CheckRoles(user_id=user.id, app=app, resources=found) for app, found in codes.items()]
    return [access for check in checks for access in (await request.ask(check)).items]


def _role_ids(request: PageRequest) -> list[int | str]:
    return [read_number(request.form.get("role_id", ""))]


AT = "/users/{id:number}/roles"
PAGE = ConsolePage(
    "",
    (
        show(AT, choose_role),
        show(f"{AT}/{{role:number}}", show_role),
        act(f"{AT}/grant", grant_role),
        act(f"{AT}/revoke", revoke_role),
    ),
)
