"""Roles: given to users and groups, they give access to resources."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Events, Family, Query, Requests, View
from contracts.coded import AppKey, CodedChange, CodedInAppKey, CodedView
from contracts.search import Listing, Page, Search
from contracts.types import ChosenId, Flag, Id, Status, Text

RoleField = TypeAliasType(
    "RoleField", Literal["id", "app_id", "code", "name", "admin", "status", "sort", "created_at", "updated_at"]
)
Sort = Annotated[int, Field(ge=1, le=999)]


class RoleView(CodedView):
    """A role; `status` is 1 (live) or -1 (deleted), an `admin` role cannot be changed."""

    app_id: int
    name: str
    admin: Flag
    status: Status
    sort: int


class RolePage(Page[RoleView]):
    """A page or a listing of roles."""


class RoleRef(View):
    """A role through which a resource is allowed."""

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


class CreateRole(Command[RoleView]):
    """Create a role with an `id` of the caller's choice, else with the next one.

    Without `app_id` it belongs to the app with code PASSPORT, created on first use; without `code` its code is
    `ROLE_<id>`. `unique_name` refuses a name that another live role of any app has, letter case ignored. Fails, in this
    order, with `role.name_taken`, `app.not_found`, `role.id_taken` (soft-deleted roles keep their ids),
    `role.code_taken` (codes are unique among the live roles of an app).
    """

    name: Text
    code: Text | None = None
    app_id: Id | None = None
    id: ChosenId | None = None
    admin: Flag = 0
    sort: Sort = 99
    unique_name: bool = False


class UpdateRole(CodedChange, Command[RoleView]):
    """Change a live role that is no administrator role; null leaves a field as it is.

    Fails, in this order, with `role.not_found`, `role.admin_protected`, `role.name_taken` (with `unique_name`),
    `app.not_found`, `role.code_taken`.
    """

    name: Text | None = None
    app_id: Id | None = None
    sort: Sort | None = None
    unique_name: bool = False


class SetRoleStatus(Command[RoleView]):
    """Soft-delete (-1) or restore (1) a role; without `status` only `updated_at` moves.

    No query shows a soft-deleted role, and it allows nothing; its links come back with it. Fails, in this order, with
    `role.not_found`, `role.admin_protected`, `role.name_taken` (restoring with `unique_name`), `role.code_taken`
    (restoring). Source: passport (002), update_field.
    """

    id: Id
    status: Status | None = None
    unique_name: bool = False


class DeleteRole(Command[Deleted]):
    """Delete a live role with its links to users, groups and resources.

    An unknown or soft-deleted id deletes 0. Fails with `role.admin_protected`.
    """

    id: Id


class GetRole(CodedInAppKey, Query[RoleView]):
    """Find one live role by `id`, or by `app` and `code`; `include_deleted` finds soft-deleted roles too.

    Fails with `role.not_found`, `app.not_found`.
    """

    include_deleted: bool = False


class SearchRoles(Search[RoleField, RolePage]):
    """Return one page of live roles that meet every condition; see `Search` for paging and errors.

    `include_deleted` finds soft-deleted roles too.
    """

    include_deleted: bool = False


class RolesOfUser(Listing[RoleField, RolePage]):
    """List the live roles of a user, its own and those of its groups, of one `app` or of all.

    Each role is listed once; `direct` lists its own only. Fails with `user.not_found`, `app.not_found`,
    `search.value_invalid`.
    """

    user_id: Id
    app: AppKey | None = None
    direct: bool = False


class RolesOfGroup(Listing[RoleField, RolePage]):
    """List the live roles of a group.

    Fails with `group.not_found`, `search.value_invalid`.
    """

    group_id: Id


class RolesOfApp(Listing[RoleField, RolePage]):
    """List the live roles of an app.

    Fails with `app.not_found`, `search.value_invalid`.
    """

    app: AppKey


class CheckRoles(Query[RoleCheck]):
    """Check which resources of an app, by code, a user may use, and through which roles.

    Unknown codes are not allowed. Takes 1 to 1,000 codes. Fails with `user.not_found`, `app.not_found`.
    """

    user_id: Id
    app: AppKey
    resources: Annotated[list[Text], Field(min_length=1, max_length=1000)]


FAMILY: Family = "role"
REQUESTS: Requests = {
    "role.create": CreateRole,
    "role.update": UpdateRole,
    "role.set_status": SetRoleStatus,
    "role.get": GetRole,
    "role.search": SearchRoles,
    "role.delete": DeleteRole,
    "role.of_user": RolesOfUser,
    "role.of_group": RolesOfGroup,
    "role.of_app": RolesOfApp,
    "role.check": CheckRoles,
}
EVENTS: Events = {
    "role.created": RoleView,
    "role.updated": RoleView,
    "role.deleted": RoleView,
}
