"""Groups: users of an app who get roles together."""

from typing import Literal

from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Event, Events, Requests
from contracts.rows import AppKey, LinksChanged, NewRow, RowChange, RowInApp, RowView
from contracts.search import Listing, Page, Search
from contracts.types import ChosenId, Id, Ids, Text
from contracts.users import UserView

GroupField = TypeAliasType("GroupField", Literal["id", "app_id", "code", "name", "created_at", "updated_at"])


class CreateGroup(NewRow):
    """Create a group, with an `id` of the caller's choice or the next one.

    Refused, in this order, as `app.not_found`, `group.id_taken`, `group.code_taken` (codes are unique in their app).
    """

    app_id: Id
    id: ChosenId | None = None


class UpdateGroup(RowChange):
    """Change app, code or name; null leaves as it is.

    Refused, in this order, as `group.not_found`, `app.not_found`, `group.code_taken`.
    """

    app_id: Id | None = None
    name: Text | None = None


class DeleteGroup(Command):
    """Delete a group with its links to users and roles."""

    id: Id


class GetGroup(RowInApp):
    """Find one group by `id`, or by `app` and `code`. Refused as `group.not_found`, `app.not_found`."""


class SearchGroups(Search[GroupField]):
    """One page of groups; paging as `Search` says."""


class JoinGroups(Command):
    """Add a user to groups; those it is in already are left as they are.

    Refused, in this order, as `user.not_found`, `group.not_found` (then nothing is added).
    """

    user_id: Id
    group_ids: Ids


class LeaveGroups(Command):
    """Take a user out of the groups given, or of all where `group_ids` is null; others are ignored."""

    user_id: Id
    group_ids: Ids | None = None


class GrantToGroup(Command):
    """Give roles to everyone in a group. Refused, in this order, as `group.not_found`, `role.not_found`."""

    group_id: Id
    role_ids: Ids


class WithdrawFromGroup(Command):
    """Take the roles given from a group, or all where `role_ids` is null; others are ignored."""

    group_id: Id
    role_ids: Ids | None = None


class GroupsOfUser(Listing[GroupField]):
    """The groups that a user is in, of one `app` or of all. Refused as `user.not_found`, `app.not_found`."""

    user_id: Id
    app: AppKey | None = None


class GroupsOfApp(Listing[GroupField]):
    """The groups of an app. Refused as `app.not_found`."""

    app: AppKey


class GroupView(RowView):
    """A group."""

    app_id: int
    name: str


class GroupPage(Page[GroupView]):
    """A page or a listing of groups."""


class MembershipChanged(UserView, Event):
    """A user after joining or leaving groups; `ids` are the groups concerned."""

    ids: list[int]


class GroupRolesChanged(GroupView, Event):
    """A group after a change of its roles; `ids` are the roles concerned."""

    ids: list[int]


REQUESTS: Requests = {
    "group.create": (CreateGroup, GroupView),
    "group.update": (UpdateGroup, GroupView),
    "group.get": (GetGroup, GroupView),
    "group.search": (SearchGroups, GroupPage),
    "group.delete": (DeleteGroup, Deleted),
    "group.join": (JoinGroups, LinksChanged),
    "group.leave": (LeaveGroups, LinksChanged),
    "group.grant": (GrantToGroup, LinksChanged),
    "group.withdraw": (WithdrawFromGroup, LinksChanged),
    "group.of_user": (GroupsOfUser, GroupPage),
    "group.of_app": (GroupsOfApp, GroupPage),
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
