"""Documents as the bus shows them, for the nouns that show the same thing."""

from typing import Any

from contracts.accounts import AccountChanged
from contracts.apps import AppView
from contracts.groups import GroupView
from contracts.resource_types import ResourceTypeView
from contracts.resources import ResourceView
from contracts.roles import RoleView
from contracts.rows import RowView
from contracts.users import AccountView, RoleOfUser, UserView
from models.rows import Coded
from models.store import Row
from models.users import Account, User

_OWN = tuple(name for name in UserView.model_fields if name not in ("accounts", "roles"))

_ROWS: dict[str, type[RowView]] = {
    "app": AppView,
    "group": GroupView,
    "resource": ResourceView,
    "resource_type": ResourceTypeView,
    "role": RoleView,
}


def user_view(user: User) -> UserView:
    """A user as the bus shows it: everything but the password."""
    fields: dict[str, Any] = {name: getattr(user, name) for name in _OWN}
    accounts = [AccountView.model_construct(**dict(account)) for account in user.accounts]
    return UserView.model_construct(**fields, accounts=accounts)


def account_changed(user: User, account: Account) -> AccountChanged:
    """A user as the bus shows it, and the account that was bound, rebound or unbound."""
    return AccountChanged.model_construct(**dict(user_view(user)), account=AccountView(**dict(account)))


def row_view(row: Coded) -> RowView:
    """An app, group, role, resource or resource type as the bus shows it."""
    view = _ROWS[row.noun]
    return view.model_construct(**{name: getattr(row, name) for name in view.model_fields})


def with_roles(users: list[UserView], roles: list[Row]) -> list[UserView]:
    """Users, each with those of the roles that it has directly."""
    shown = [RoleOfUser(**role) for role in roles]
    return [user.model_copy(update={"roles": [role for role in shown if role.id in user.role_ids]}) for user in users]
