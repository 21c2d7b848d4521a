"""Roles and the resources to which they give access: look, create, change, delete, grant and withdraw."""

from typing import Any

from starlette.responses import Response

from bridge.console.apps import load_app_choices, load_app_codes
from bridge.console.page import ConsolePage, PageRequest, act, read_number, show
from contracts.resources import ResourceField, ResourcesOfRole, SearchResources
from contracts.role_links import GrantToRole, WithdrawFromRole
from contracts.roles import CreateRole, DeleteRole, GetRole, RoleField, SearchRoles, UpdateRole
from contracts.search import Condition
from contracts.user_queries import SearchUsers, UserField

SIZE = 50
MOST_RESOURCES = 1000
NOTICES = {
    "created": "The role is there; nobody has it yet.",
    "updated": "The role is changed.",
    "deleted": "The role is deleted, and nobody has it any more.",
    "granted": "The role gives access to the resource.",
    "withdrawn": "The role does not give access to the resource any more.",
}


async def list_roles(request: PageRequest) -> Response:
    """List the live roles, a page at a time, with the codes of their apps."""
    text = request.query.get("text")
    where = [Condition[RoleField](field="name", op="like", value=text)] if text else []
    page = await request.ask(SearchRoles(filter=where, size=SIZE, after=request.query.get("after"), count=False))
    codes = await load_app_codes(request, {role.app_id for role in page.items})
    apps = [("", "PASSPORT"), *await load_app_choices(request)]
    return request.render("roles.html", roles=page.items, after=page.next, codes=codes, apps=apps)


async def show_role(request: PageRequest) -> Response:
    """Show a role with its resources, those that it may get, and who has it directly."""
    role = await request.ask(GetRole(id=request.id))
    resources = (await request.ask(ResourcesOfRole(role_id=role.id))).items
    known = {resource.id for resource in resources}
    of_app = [Condition[ResourceField](field="app_id", op="eq", value=role.app_id)]
    found = await request.ask(SearchResources(filter=of_app, size=MOST_RESOURCES, count=False))
    having = [Condition[UserField](field="role_ids", op="eq", value=role.id)]
    users = await request.ask(SearchUsers(filter=having, size=SIZE, count=False))
    return request.render(
        "role.html",
        role=role,
        app=(await load_app_codes(request, {role.app_id})).get(role.app_id, role.app_id),
        resources=resources,
        others=[(each.id, each.code) for each in found.items if each.id not in known],
        users=users.items,
        has_more_users=users.next is not None,
    )


async def create_role(request: PageRequest) -> Response:
    """Create a role, and show it."""
    app = request.form.get("app_id")
    fields = {**_fields(request), **({"app_id": read_number(app)} if app else {})}
    created = await request.ask(CreateRole.model_validate(fields))
    return request.redirect(f"/roles/{created.id}", "created")


async def update_role(request: PageRequest) -> Response:
    """Change the name and the code of a role, or one of them."""
    await request.ask(UpdateRole.model_validate({"id": request.id, **request.find_changes("name", "code")}))
    return request.redirect(f"/roles/{request.id}", "updated")


async def delete_role(request: PageRequest) -> Response:
    """Delete a role with its links."""
    await request.ask(DeleteRole(id=request.id))
    return request.redirect("/roles", "deleted")


async def grant_resource(request: PageRequest) -> Response:
    """Give the role access to a resource."""
    await request.ask(GrantToRole.model_validate({"role_id": request.id, "resource_ids": _resource_ids(request)}))
    return request.redirect(f"/roles/{request.id}", "granted")


async def withdraw_resource(request: PageRequest) -> Response:
    """Take a resource from the role."""
    await request.ask(WithdrawFromRole.model_validate({"role_id": request.id, "resource_ids": _resource_ids(request)}))
    return request.redirect(f"/roles/{request.id}", "withdrawn")


def _fields(request: PageRequest) -> dict[str, Any]:
    given = {name: request.form.get(name, "") for name in ("name", "code")}
    return {"name": given["name"], **({"code": given["code"]} if given["code"] else {})}


def _resource_ids(request: PageRequest) -> list[int | str]:
    return [read_number(request.form.get("resource_id", ""))]


AT = "/roles/{id:number}"
PAGE = ConsolePage(
    "Roles",
    (
        show("/roles", list_roles),
        act("/roles", create_role),
        show(AT, show_role),
        act(f"{AT}/update", update_role),
        act(f"{AT}/delete", delete_role),
        act(f"{AT}/grant", grant_resource),
        act(f"{AT}/withdraw", withdraw_resource),
    ),
    NOTICES,
)
