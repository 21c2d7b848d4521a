"""Links of roles: to the users who have them, and to the resources that they give access to."""

from contracts.base import Command, EventData, Events, Family, Requests
from contracts.coded import LinksChanged
from contracts.roles import RoleView
from contracts.types import Id, Ids
from contracts.user_views import UserView


class AssignRoles(Command[LinksChanged]):
    """Give roles to a user; those it has already stay as they are.

    With `protect_admin` administrator roles are not given. Fails, in this order, with `user.not_found`,
    `role.not_found`, `role.admin_protected` (then nothing is given).
    """

    user_id: Id
    role_ids: Ids
    protect_admin: bool = False


class RevokeRoles(Command[LinksChanged]):
    """Take the given direct roles from a user, or all if `role_ids` is null.

    Roles it does not have are ignored. Fails with `user.not_found`.
    """

    user_id: Id
    role_ids: Ids | None = None


class GrantToRole(Command[LinksChanged]):
    """Give a role access to resources.

    Fails, in this order, with `role.not_found`, `resource.not_found` (then nothing is given).
    """

    role_id: Id
    resource_ids: Ids


class WithdrawFromRole(Command[LinksChanged]):
    """Take the given resources from a role, or all if `resource_ids` is null.

    Resources it does not have are ignored. Fails with `role.not_found`.
    """

    role_id: Id
    resource_ids: Ids | None = None


class UserRolesChanged(UserView, EventData):
    """A user after its direct roles changed; `ids` are those roles."""

    ids: list[int]


class RoleResourcesChanged(RoleView, EventData):
    """A role after its resources changed; `ids` are those resources."""

    ids: list[int]


FAMILY: Family = "role"
REQUESTS: Requests = {
    "role.assign": AssignRoles,
    "role.revoke": RevokeRoles,
    "role.grant": GrantToRole,
    "role.withdraw": WithdrawFromRole,
}
EVENTS: Events = {
    "role.assigned": UserRolesChanged,
    "role.revoked": UserRolesChanged,
    "role.granted": RoleResourcesChanged,
    "role.withdrawn": RoleResourcesChanged,
}
