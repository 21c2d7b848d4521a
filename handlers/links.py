"""Links: the ids of others that a row holds, added and removed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from contracts.groups import GroupRolesChanged, MembershipChanged
from contracts.roles import RoleResourcesChanged, UserRolesChanged
from contracts.rows import LinksChanged
from handlers.views import row_view, user_view
from models.repository import Repository
from models.rows import CodedRows
from models.unit import Unit
from models.users import User


@dataclass(frozen=True, slots=True)
class Link:
    """One kind of link: whose (its id is the command's field `key`), in which `field`, to what, and how it is told."""

    key: str
    field: str
    holders: Callable[[Unit], Repository[Any]]
    targets: Callable[[Unit], CodedRows[Any]]
    added: str
    removed: str
    view: Callable[..., Any]


def _user_roles(user: User, ids: list[int]) -> UserRolesChanged:
    return UserRolesChanged.model_construct(**dict(user_view(user)), ids=ids)


def _membership(user: User, ids: list[int]) -> MembershipChanged:
    return MembershipChanged.model_construct(**dict(user_view(user)), ids=ids)


def _group_roles(group: Any, ids: list[int]) -> GroupRolesChanged:
    return GroupRolesChanged.model_construct(**dict(row_view(group)), ids=ids)


def _role_resources(role: Any, ids: list[int]) -> RoleResourcesChanged:
    return RoleResourcesChanged.model_construct(**dict(row_view(role)), ids=ids)


def _users(unit: Unit) -> Repository[Any]:
    return unit.users


def _groups(unit: Unit) -> CodedRows[Any]:
    return unit.groups


def _roles(unit: Unit) -> CodedRows[Any]:
    return unit.roles


def _resources(unit: Unit) -> CodedRows[Any]:
    return unit.resources


USER_ROLES = Link("user_id", "role_ids", _users, _roles, "role.assigned", "role.revoked", _user_roles)
USER_GROUPS = Link("user_id", "group_ids", _users, _groups, "group.joined", "group.left", _membership)
GROUP_ROLES = Link("group_id", "role_ids", _groups, _roles, "group.granted", "group.withdrawn", _group_roles)
ROLE_RESOURCES = Link("role_id", "resource_ids", _roles, _resources, "role.granted", "role.withdrawn", _role_resources)


async def add_links(link: Link, command: Any, unit: Unit) -> LinksChanged:
    """Add the ids that the holder has not yet, after all were found."""
    holder = await link.holders(unit).get(getattr(command, link.key))
    wanted = getattr(command, link.field)
    await link.targets(unit).require(wanted)
    held = getattr(holder, link.field)
    return await _relinked(link, holder, sorted({*held, *wanted}), unit)


async def remove_links(link: Link, command: Any, unit: Unit) -> LinksChanged:
    """Remove the ids given, or all."""
    holder = await link.holders(unit).get(getattr(command, link.key))
    given = getattr(command, link.field)
    left = [] if given is None else [id for id in getattr(holder, link.field) if id not in {*given}]
    return await _relinked(link, holder, left, unit)


def tell_links(link: Link, holder: Any, before: list[int], unit: Unit) -> list[int]:
    """Emit what has become of the holder's links since they were `before`; the ids concerned."""
    held = {*getattr(holder, link.field)}
    added, removed = sorted(held - {*before}), sorted({*before} - held)
    for name, ids in ((link.added, added), (link.removed, removed)):
        if ids:
            unit.emit(name, holder, partial(link.view, ids=ids))
    return [*added, *removed]


async def _relinked(link: Link, holder: Any, ids: list[int], unit: Unit) -> LinksChanged:
    before = getattr(holder, link.field)
    setattr(holder, link.field, ids)
    holder.touch()
    concerned = tell_links(link, holder, before, unit)
    if concerned:
        await link.holders(unit).save(holder)
    return LinksChanged(ids=concerned)
