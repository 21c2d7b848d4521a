"""Adding and removing links: the ids of other rows in a list of their holder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from contracts.coded import LinksChanged
from contracts.groups import GroupRolesChanged, MembershipChanged
from contracts.role_links import RoleResourcesChanged, UserRolesChanged
from handlers.views import coded_view, user_view
from models.coded import CodedRepository
from models.store.repository import Repository
from models.unit_of_work import UnitOfWork
from models.users import User


@dataclass(frozen=True, slots=True)
class LinkType:
    """One kind of link, in the list `field` of its `holders`; `key` is the command's field with the holder's id.

    `added` and `removed` are the names of its events, which show the holder and the ids by `view`.
    """

    key: str
    field: str
    holders: Callable[[UnitOfWork], Repository[Any]]
    targets: Callable[[UnitOfWork], CodedRepository[Any]]
    added: str
    removed: str
    view: Callable[..., Any]


def _user_roles_view(user: User, ids: list[int]) -> UserRolesChanged:
    return UserRolesChanged.model_construct(**dict(user_view(user)), ids=ids)


def _membership_view(user: User, ids: list[int]) -> MembershipChanged:
    return MembershipChanged.model_construct(**dict(user_view(user)), ids=ids)


def _group_roles_view(group: Any, ids: list[int]) -> GroupRolesChanged:
    return GroupRolesChanged.model_construct(**dict(coded_view(group)), ids=ids)


def _role_resources_view(role: Any, ids: list[int]) -> RoleResourcesChanged:
    return RoleResourcesChanged.model_construct(**dict(coded_view(role)), ids=ids)


def _users(unit: UnitOfWork) -> Repository[Any]:
    return unit.users


def _groups(unit: UnitOfWork) -> CodedRepository[Any]:
    return unit.groups


def _roles(unit: UnitOfWork) -> CodedRepository[Any]:
    return unit.roles


def _resources(unit: UnitOfWork) -> CodedRepository[Any]:
    return unit.resources


USER_ROLES = LinkType("user_id", "role_ids", _users, _roles, "role.assigned", "role.revoked", _user_roles_view)
USER_GROUPS = LinkType("user_id", "group_ids", _users, _groups, "group.joined", "group.left", _membership_view)
GROUP_ROLES = LinkType("group_id", "role_ids", _groups, _roles, "group.granted", "group.withdrawn", _group_roles_view)
ROLE_RESOURCES = LinkType(
    "role_id", "resource_ids", _roles, _resources, "role.granted", "role.withdrawn", _role_resources_view
)


async def add_links(link: LinkType, command: Any, unit: UnitOfWork) -> LinksChanged:
    """Add links to rows, all of which must exist; those that the holder has already change nothing."""
    holder = await link.holders(unit).get(getattr(command, link.key))
    wanted = getattr(command, link.field)
    await link.targets(unit).require(wanted)
    if getattr(command, "protect_admin", False):
        roles = await unit.groups.find_role_ids(wanted) if link is USER_GROUPS else wanted
        await unit.roles.refuse_admin(roles)
    return await _replace_links(link, holder, sorted({*getattr(holder, link.field), *wanted}), unit)


async def remove_links(link: LinkType, command: Any, unit: UnitOfWork) -> LinksChanged:
    """Remove the links that the command gives, or all."""
    holder = await link.holders(unit).get(getattr(command, link.key))
    unwanted = getattr(command, link.field)
    kept = [] if unwanted is None else [id for id in getattr(holder, link.field) if id not in {*unwanted}]
    return await _replace_links(link, holder, kept, unit)


def emit_link_changes(link: LinkType, holder: Any, before: list[int], unit: UnitOfWork) -> list[int]:
    """Emit the changes of the holder's links since they were `before`; return the ids that were added or removed."""
    after = {*getattr(holder, link.field)}
    added, removed = sorted(after - {*before}), sorted({*before} - after)
    for name, ids in ((link.added, added), (link.removed, removed)):
        if ids:
            unit.emit(name, holder, partial(link.view, ids=ids))
    return [*added, *removed]


async def _replace_links(link: LinkType, holder: Any, ids: list[int], unit: UnitOfWork) -> LinksChanged:
    before = getattr(holder, link.field)
    setattr(holder, link.field, ids)
    holder.touch()
    changed = emit_link_changes(link, holder, before, unit)
    if changed:
        await link.holders(unit).save(holder)
    return LinksChanged(ids=changed)
