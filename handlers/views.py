"""Views of documents that several nouns show."""

from collections.abc import Iterator
from typing import Any

from contracts.accounts import AccountChanged
from contracts.apps import AppView
from contracts.base import View
from contracts.coded import CodedView
from contracts.groups import GroupView
from contracts.resource_types import ResourceTypeView
from contracts.resources import ResourceView
from contracts.roles import RoleView
from contracts.user_views import AccountView, RoleOfUser, UserView
from models.coded import CodedDocument
from models.store.client import BsonDict
from models.users import Account, User

_FIELDS = tuple(UserView.model_fields)

_VIEWS: dict[str, type[CodedView]] = {
    "app": AppView,
    "group": GroupView,
    "resource": ResourceView,
    "resource_type": ResourceTypeView,
    "role": RoleView,
}


def user_view(user: User) -> UserView:
    """The view of a user, without the password."""
    stored = vars(user)
    fields: dict[str, Any] = {name: stored.get(name) for name in _FIELDS}
    fields["accounts"] = [AccountView.model_construct(**dict(account)) for account in user.accounts]
    return UserView.from_fields(fields)


def shown_users(view: View) -> Iterator[int]:
    """The ids of the users that a reply shows: the view itself, or a field of it."""
    for part in (view, *vars(view).values()):
        if isinstance(part, UserView):
            yield part.id


def account_change_view(user: User, account: Account) -> AccountChanged:
    """The view of a user, with the account that was bound, rebound or unbound."""
    return AccountChanged.model_construct(**dict(user_view(user)), account=AccountView(**dict(account)))


def coded_view(row: CodedDocument) -> CodedView:
    """The view of an app, group, role, resource or resource type."""
    view = _VIEWS[row.noun]
    return view.model_construct(**{name: getattr(row, name) for name in view.model_fields})


def views_with_roles(users: list[UserView], roles: list[BsonDict]) -> list[UserView]:
    """The views of users, each with those of the roles that the user has directly."""
    views = [RoleOfUser(**role) for role in roles]
    return [user.model_copy(update={"roles": [role for role in views if role.id in user.role_ids]}) for user in users]
