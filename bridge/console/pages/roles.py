"""Roles and the resources to which they give access."""

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, show
from contracts.apps import AppField, SearchApps
from contracts.resources import ResourcesOfRole
from contracts.roles import GetRole, RoleField, SearchRoles
from contracts.search import Condition

SIZE = 50


async def list_roles(request: PageRequest) -> Response:
    """List the live roles, a page at a time, with the codes of their apps."""
    text = request.query.get("text")
    where = [Condition[RoleField](field="name", op="like", value=text)] if text else []
    page = await request.ask(SearchRoles(filter=where, size=SIZE, after=request.query.get("after"), count=False))
    numbers = sorted({role.app_id for role in page.items})
    apps = await _load_app_codes(request, numbers)
    return request.render("roles.html", roles=page.items, after=page.next, apps=apps)


async def show_role(request: PageRequest) -> Response:
    """Show a role with its resources."""
    role = await request.ask(GetRole(id=request.id))
    resources = (await request.ask(ResourcesOfRole(role_id=role.id))).items
    apps = await _load_app_codes(request, [role.app_id])
    return request.render("role.html", role=role, resources=resources, app=apps.get(role.app_id, role.app_id))


async def _load_app_codes(request: PageRequest, numbers: list[int]) -> dict[int, str]:
    where = [Condition[AppField](field="id", op="in", value=numbers)]
    found = await request.ask(SearchApps(filter=where, size=1000, count=False)) if numbers else None
    return {app.id: app.code for app in found.items} if found else {}


PAGE = ConsolePage("Roles", (show("/roles", list_roles), show("/roles/{id:number}", show_role)))
