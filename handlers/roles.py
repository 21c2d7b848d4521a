"""The roles: their life and status, who and what they are linked with, and what they allow."""

from functools import partial

from contracts.base import View
from contracts.roles import (
    Access,
    CheckRoles,
    CreateRole,
    RoleCheck,
    RolePage,
    RoleRef,
    RolesOfUser,
    SetRoleStatus,
    UpdateRole,
)
from handlers.deps import Handlers
from handlers.links import ROLE_RESOURCES, USER_ROLES, add_links, remove_links
from handlers.rows import Noun, changed, given, inserted, listed, verbs
from handlers.views import row_view
from models.access import granting
from models.apps import App
from models.paths import DIRECT_ROLES_OF_USER, OF_APP, ROLES_OF_GROUP, ROLES_OF_USER
from models.roles import DELETED, LIVE
from models.store import Row
from models.unit import Unit

ROLE = Noun("role", RolePage, lambda unit: unit.roles)
PASSPORT = "PASSPORT"


async def create_role(command: CreateRole, unit: Unit) -> View:
    """Create a role, of the app PASSPORT where none is named."""
    if command.unique_name:
        await unit.roles.refuse_name(command.name)
    fields = given(command)
    if command.app_id is None:
        fields["app_id"] = await _passport(unit)
    return await inserted(ROLE, fields, command.id, unit)


async def update_role(command: UpdateRole, unit: Unit) -> View:
    """Change a live role that is no administrator's."""
    role = await unit.roles.get(command.id)
    role.refuse_protected()
    if command.unique_name and command.name is not None:
        await unit.roles.refuse_name(command.name, but=role.id)
    return await changed(ROLE, role, given(command), unit)


async def set_role_status(command: SetRoleStatus, unit: Unit) -> View:
    """Delete softly, restore, or only move `updated_at`."""
    role = await unit.roles.get_any(command.id)
    moved = role.set_status(command.status or role.status)
    if moved and role.status == LIVE and command.unique_name:
        await unit.roles.refuse_name(role.name, but=role.id)
    if moved:
        unit.emit("role.deleted" if role.status == DELETED else "role.updated", role, row_view)
    await unit.roles.save(role)
    return row_view(role)


async def roles_of_user(query: RolesOfUser, unit: Unit) -> View:
    """The live roles of a user: its own, and unless `direct` those of its groups."""
    return await listed(ROLE, DIRECT_ROLES_OF_USER if query.direct else ROLES_OF_USER, "user_id", query, unit)


async def check_roles(query: CheckRoles, unit: Unit) -> RoleCheck:
    """Which resources a user may use, and through which roles."""
    through = await granting(unit.shared.store, query.user_id, query.app, query.resources)
    items = [Access(resource=code, allowed=bool(roles), roles=[*map(_ref, roles)]) for code, roles in through.items()]
    return RoleCheck(items=items)


async def _passport(unit: Unit) -> int:
    app = await unit.apps.find(code=PASSPORT)
    if app is None:
        app = App(id=await unit.counters.next("apps"), code=PASSPORT, name="Passport")
        unit.emit("app.created", app, row_view)
        await unit.apps.introduce(app)
    return app.id


def _ref(role: Row) -> RoleRef:
    return RoleRef(id=role["_id"], app_id=role["app_id"], code=role["code"], name=role["name"])


HANDLERS: Handlers = {
    **verbs(ROLE),
    "role.create": create_role,
    "role.update": update_role,
    "role.set_status": set_role_status,
    "role.assign": partial(add_links, USER_ROLES),
    "role.revoke": partial(remove_links, USER_ROLES),
    "role.grant": partial(add_links, ROLE_RESOURCES),
    "role.withdraw": partial(remove_links, ROLE_RESOURCES),
    "role.of_user": roles_of_user,
    "role.of_group": partial(listed, ROLE, ROLES_OF_GROUP, "group_id"),
    "role.of_app": partial(listed, ROLE, OF_APP, "app"),
    "role.check": check_roles,
}
