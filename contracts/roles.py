"""Roles: what users and groups are given, and what gives access to resources."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Event, Events, Query, Requests, View
from contracts.rows import AppKey, LinksChanged, RowChange, RowInApp, RowView
from contracts.search import Listing, Page, Search
from contracts.types import ChosenId, Flag, Id, Ids, Status, Text
from contracts.users import UserView

RoleField = TypeAliasType(
    "RoleField", Literal["id", "app_id", "code", "name", "admin", "status", "sort", "created_at", "updated_at"]
)
Sort = Annotated[int, Field(ge=1, le=999)]


class CreateRole(Command):
    """Create a role, with an `id` of the caller's choice or the next one.

    Without `app_id` it belongs to the app with code PASSPORT, made on first use; without `code` that is `ROLE_<id>`.
    `unique_name` refuses a name that another live role of any app has, letter case ignored. Refused, in this order,
    as `role.name_taken`, `app.not_found`, `role.id_taken`, `role.code_taken` (codes are unique in their app, also
    among soft-deleted roles).
    """

    name: Text
    code: Text | None = None
    app_id: Id | None = None
    id: ChosenId | None = None
    admin: Flag = 0
    sort: Sort = 99
    unique_name: bool = False


class UpdateRole(RowChange):
    """Change a live role; null leaves as it is. An administrator role cannot be changed.

    Refused, in this order, as `role.not_found`, `role.admin_protected`, `role.name_taken` (with `unique_name`),
    `app.not_found`, `role.code_taken`.
    """

    name: Text | None = None
    app_id: Id | None = None
    sort: Sort | None = None
    unique_name: bool = False


class SetRoleStatus(Command):
    """Soft-delete (-1) or restore (1) a role; without `status` only `updated_at` moves (passport's update_field).

    A soft-deleted role is absent from every query and from what users may do; its links come back with it. Refused,
    in this order, as `role.not_found`, `role.admin_protected`, `role.name_taken` (restoring with `unique_name`).
    """

    id: Id
    status: Status | None = None
    unique_name: bool = False


class DeleteRole(Command):
    """Delete a live role with its links to users, groups and resources. Refused as `role.admin_protected`."""

    id: Id


class GetRole(RowInApp):
    """Find one live role by `id`, or by `app` and `code`. Refused as `role.not_found`, `app.not_found`.

    `include_deleted` finds soft-deleted roles too.
    """

    include_deleted: bool = False


class SearchRoles(Search[RoleField]):
    """One page of live roles; paging as `Search` says."""

    include_deleted: bool = False


class AssignRoles(Command):
    """Give roles to a user; those it has already are left as they are.

    Refused, in this order, as `user.not_found`, `role.not_found` (then nothing is given).
    """

    user_id: Id
    role_ids: Ids


class RevokeRoles(Command):
    """Take the direct roles given from a user, or all of them where `role_ids` is null; others are ignored."""

    user_id: Id
    role_ids: Ids | None = None


class GrantToRole(Command):
    """Give a role access to resources. Refused, in this order, as `role.not_found`, `resource.not_found`."""

    role_id: Id
    resource_ids: Ids


class WithdrawFromRole(Command):
    """Take the resources given from a role, or all where `resource_ids` is null; others are ignored."""

    role_id: Id
    resource_ids: Ids | None = None


class RolesOfUser(Listing[RoleField]):
    """The live roles of a user, its own and those of its groups, each once, of one `app` or of all.

    `direct` leaves out those that come through groups. Refused as `user.not_found`, `app.not_found`.
    """

    user_id: Id
    app: AppKey | None = None
    direct: bool = False


class RolesOfGroup(Listing[RoleField]):
    """The live roles of a group. Refused as `group.not_found`."""

    group_id: Id


class RolesOfApp(Listing[RoleField]):
    """The live roles of an app. Refused as `app.not_found`."""

    app: AppKey


class CheckRoles(Query):
    """May a user use these resources (codes) of an app? Codes that name nothing are not allowed.

    Refused as `user.not_found`, `app.not_found`.
    """

    user_id: Id
    app: AppKey
    resources: Annotated[list[Text], Field(min_length=1, max_length=1000)]


class RoleView(RowView):
    """A role; `status` is 1 (normal) or -1 (deleted), an `admin` role cannot be changed."""

    app_id: int
    name: str
    admin: Flag
    status: Status
    sort: int


class RolePage(Page[RoleView]):
    """A page or a listing of roles."""


class RoleRef(View):
    """A role by which something is allowed."""

    id: int
    app_id: int
    code: str
    name: str


class Access(View):
    """Whether one resource is allowed, and through which roles."""

    resource: str
    allowed: bool
    roles: list[RoleRef]


class RoleCheck(View):
    """The answers in the order of the question, each resource once."""

    items: list[Access]


class UserRolesChanged(UserView, Event):
    """A user after a change of its direct roles; `ids` are the roles concerned."""

    ids: list[int]


class RoleResourcesChanged(RoleView, Event):
    """A role after a change of its resources; `ids` are the resources concerned."""

    ids: list[int]


REQUESTS: Requests = {
    "role.create": (CreateRole, RoleView),
    "role.update": (UpdateRole, RoleView),
    "role.set_status": (SetRoleStatus, RoleView),
    "role.get": (GetRole, RoleView),
    "role.search": (SearchRoles, RolePage),
    "role.delete": (DeleteRole, Deleted),
    "role.assign": (AssignRoles, LinksChanged),
    "role.revoke": (RevokeRoles, LinksChanged),
    "role.grant": (GrantToRole, LinksChanged),
    "role.withdraw": (WithdrawFromRole, LinksChanged),
    "role.of_user": (RolesOfUser, RolePage),
    "role.of_group": (RolesOfGroup, RolePage),
    "role.of_app": (RolesOfApp, RolePage),
    "role.check": (CheckRoles, RoleCheck),
}
EVENTS: Events = {
    "role.created": RoleView,
    "role.updated": RoleView,
    "role.deleted": RoleView,
    "role.assigned": UserRolesChanged,
    "role.revoked": UserRolesChanged,
    "role.granted": RoleResourcesChanged,
    "role.withdrawn": RoleResourcesChanged,
}
