"""Roles: create, update, get, search, delete, set their status, change their links, check access."""

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
from handlers.coded import CodedNoun, change_row, coded_handlers, insert_row, list_of_app, list_related, row_fields
from handlers.handler import Handlers
from handlers.links import ROLE_RESOURCES, USER_ROLES, add_links, remove_links
from handlers.views import coded_view
from models.apps import App
from models.effective_roles import DIRECT_ROLES_OF_USER, ROLES_OF_GROUP, ROLES_OF_USER
from models.errors.base import TryAgain
from models.errors.roles import RoleCodeTaken
from models.permissions import find_granting_roles
from models.roles import DELETED, LIVE
from models.store.client import BsonDict
from models.unit_of_work import UnitOfWork

ROLE = CodedNoun("role", RolePage, lambda unit: unit.roles)
PASSPORT = "PASSPORT"


async def create_role(command: CreateRole, unit: UnitOfWork) -> View:
    """Create a role; the default app is PASSPORT, which is created with the first role."""
    if command.unique_name:
        await unit.roles.refuse_taken_name(command.name)
    fields = row_fields(command, "unique_name")
    if command.app_id is None:
        fields["app_id"] = await _get_or_add_passport(unit)
    try:
        return await insert_row(ROLE, fields, command.id, unit)
    except RoleCodeTaken as error:
        if command.code is not None or command.id is not None:
            raise
        raise TryAgain from error  # another role has been given the code of this id: the next id has another


async def update_role(command: UpdateRole, unit: UnitOfWork) -> View:
    """Set the fields that the command gives of a live role."""
    role = await unit.roles.get(command.id)
    role.refuse_protected()
    if command.unique_name and command.name is not None:
        await unit.roles.refuse_taken_name(command.name, but=role.id)
    return await change_row(ROLE, role, row_fields(command, "unique_name"), unit)


async def set_role_status(command: SetRoleStatus, unit: UnitOfWork) -> View:
    """Soft-delete or restore a role; without a change only `updated_at` moves."""
    role = await unit.roles.get_any(command.id)
    changed = role.set_status(command.status or role.status)
    if changed and role.status == LIVE and command.unique_name:
        await unit.roles.refuse_taken_name(role.name, but=role.id)
    if changed:
        unit.emit("role.deleted" if role.status == DELETED else "role.updated", role, coded_view)
    await unit.roles.save(role)
    return coded_view(role)


async def list_roles_of_user(query: RolesOfUser, unit: UnitOfWork) -> View:
    """List the live roles of a user, with those of the user's groups unless `direct`."""
    return await list_related(ROLE, DIRECT_ROLES_OF_USER if query.direct else ROLES_OF_USER, "user_id", query, unit)


async def check_roles(query: CheckRoles, unit: UnitOfWork) -> RoleCheck:
    """Check which resources a user may use, and through which roles."""
    granting = await find_granting_roles(unit.dependencies.store, query.user_id, query.app, query.resources)
    items = [
        Access(resource=code, allowed=bool(roles), roles=[_role_ref(role) for role in roles])
        for code, roles in granting.items()
    ]
    return RoleCheck(items=items)


async def _get_or_add_passport(unit: UnitOfWork) -> int:
    app = await unit.apps.find(code=PASSPORT)
    if app is None:
        app = App(id=await unit.counters.reserve_id("apps"), code=PASSPORT, name="Passport")
        unit.emit("app.created", app, coded_view)
        await unit.apps.add_shared(app)
    return app.id


def _role_ref(role: BsonDict) -> RoleRef:
    return RoleRef(id=role["_id"], app_id=role["app_id"], code=role["code"], name=role["name"])


HANDLERS: Handlers = {
    **coded_handlers(ROLE),
    "role.create": create_role,
    "role.update": update_role,
    "role.set_status": set_role_status,
    "role.assign": partial(add_links, USER_ROLES),
    "role.revoke": partial(remove_links, USER_ROLES),
    "role.grant": partial(add_links, ROLE_RESOURCES),
    "role.withdraw": partial(remove_links, ROLE_RESOURCES),
    "role.of_user": list_roles_of_user,
    "role.of_group": partial(list_related, ROLE, ROLES_OF_GROUP, "group_id"),
    "role.of_app": partial(list_of_app, ROLE),
    "role.check": check_roles,
}
