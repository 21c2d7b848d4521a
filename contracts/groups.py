"""Groups of users, through which their members have roles."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, EventData, Events, Family, Query, Requests
from contracts.coded import AppKey, CodedChange, CodedInAppKey, CodedView, LinksChanged, NewCoded
from contracts.search import Listing, Page, Search
from contracts.types import ChosenId, Id, Ids, Text
from contracts.user_views import UserView

GroupField = TypeAliasType("GroupField", Literal["id", "app_id", "code", "name", "created_at", "updated_at"])


class GroupView(CodedView):
    """A group."""

    app_id: int
    name: str


class GroupPage(Page[GroupView]):
    """A page or a listing of groups."""


class CreateGroup(NewCoded, Command[GroupView]):
    """Create a group with an `id` of the caller's choice, else with the next one.

    Fails, in this order, with `app.not_found`, `group.id_taken`, `group.code_taken` (codes are unique in their app).
    """

    app_id: Id
    id: ChosenId | None = None


class UpdateGroup(CodedChange, Command[GroupView]):
    """Change the app, code or name of a group; null leaves a field as it is.

    Fails, in this order, with `group.not_found`, `app.not_found`, `group.code_taken`.
    """

    app_id: Id | None = None
    name: Text | None = None


class DeleteGroup(Command[Deleted]):
    """Delete a group with its links to users and roles.

    An unknown id deletes 0.
    """

    id: Id


class GetGroup(CodedInAppKey, Query[GroupView]):
    """Find one group by `id`, or by `app` and `code`.

    Fails with `group.not_found`, `app.not_found`.
    """


class SearchGroups(Search[GroupField, GroupPage]):
    """Return one page of groups that meet every condition; see `Search` for paging and errors."""


class JoinGroups(Command[LinksChanged]):
    """Add a user to groups; those it is in already stay as they are.

    With `protect_admin` groups that have administrator roles are not joined. Fails, in this order, with
    `user.not_found`, `group.not_found`, `role.admin_protected` (then nothing is added).
    """

    user_id: Id
    group_ids: Ids
    protect_admin: bool = False


class LeaveGroups(Command[LinksChanged]):
    """Remove a user from the given groups, or from all if `group_ids` is null.

    Groups it is not in are ignored. Fails with `user.not_found`.
    """

    user_id: Id
    group_ids: Ids | None = None


class GrantToGroup(Command[LinksChanged]):
    """Give roles to every member of a group.

    With `protect_admin` administrator roles are not given. Fails, in this order, with `group.not_found`,
    `role.not_found`, `role.admin_protected` (then nothing is given).
    """

    group_id: Id
    role_ids: Ids
    protect_admin: bool = False


class WithdrawFromGroup(Command[LinksChanged]):
    """Take the given roles from a group, or all if `role_ids` is null.

    Roles it does not have are ignored. Fails with `group.not_found`.
    """

    group_id: Id
    role_ids: Ids | None = None


class GroupsOfUser(Listing[GroupField, GroupPage]):
    """List the groups that a user is in, of one `app` or of all.

    Fails with `user.not_found`, `app.not_found`, `search.value_invalid`.
    """

    user_id: Id
    app: AppKey | None = None


class GroupsOfApp(Listing[GroupField, GroupPage]):
    """List the groups of an app.

    Fails with `app.not_found`, `search.value_invalid`.
    """

    app: AppKey


class MembershipChanged(UserView, EventData):
    """A user after it joined or left groups; `ids` are those groups."""

    ids: list[int]


class GroupRolesChanged(GroupView, EventData):
    """A group after its roles changed; `ids` are those roles."""

    ids: list[int]


FAMILY: Family = "role"
REQUESTS: Requests = {
    "group.create": CreateGroup,
    "group.update": UpdateGroup,
    "group.get": GetGroup,
    "group.search": SearchGroups,
    "group.delete": DeleteGroup,
    "group.join": JoinGroups,
    "group.leave": LeaveGroups,
    "group.grant": GrantToGroup,
    "group.withdraw": WithdrawFromGroup,
    "group.of_user": GroupsOfUser,
    "group.of_app": GroupsOfApp,
}
EVENTS: Events = {
    "group.created": GroupView,
    "group.updated": GroupView,
    "group.deleted": GroupView,
    "group.joined": MembershipChanged,
    "group.left": MembershipChanged,
    "group.granted": GroupRolesChanged,
    "group.withdrawn": GroupRolesChanged,
}
