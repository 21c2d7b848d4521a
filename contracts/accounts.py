"""Notification accounts of users: change them by ordered actions, resolve them to recipients."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contracts.base import Command, EventData, Events, Family, Message, Query, Requests, View
from contracts.types import Id, Text
from contracts.user_views import AccountView, UserView


class AccountList(View):
    """The accounts of one user."""

    user_id: int
    items: list[AccountView]


class Recipient(View):
    """One user to notify, and the account to notify it at.

    `username` is the username, else the e-mail address, else the telephone number.
    """

    user_id: int
    username: str | None
    integration: str
    account: str


class Missing(View):
    """One part of the question that no recipient answers.

    `no_account`: the user `user_id` has no account at any of the integrations. `unknown`: there is no such live user,
    group or role; the one key that is set is the one that was asked for. `integration.not_found`: no `integration` has
    exactly this name. Unknown names, groups, roles and integrations are listed on the first page, unknown user ids at
    their place in the order.
    """

    reason: Literal["no_account", "unknown", "integration.not_found"]
    user_id: int | None = None
    username: str | None = None
    group_id: int | None = None
    role_id: int | None = None
    integration: str | None = None


class Recipients(View):
    """One page of recipients; `next` is the cursor of the following page, null on the last."""

    recipients: list[Recipient]
    missing: list[Missing]
    next: str | None


class UserKey(Message):
    """Selects one live user by exactly one of `user_id`, `username` and `login`.

    `login` is a username, e-mail address or telephone number; it is compared as by `user.get`. Fails with
    `user.not_found`.
    """

    user_id: Id | None = None
    username: Text | None = None
    login: Text | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if len(self.keys()) != 1:
            raise ValueError("give exactly one of user_id, username, login")
        return self

    def keys(self) -> dict[str, Any]:
        """The key that is given, as the users' store names it."""
        given = {"id": self.user_id, "username": self.username, "login": self.login}
        return {name: value for name, value in given.items() if value is not None}


class AccountAction(Message):
    """One step: `create`, `update` or `delete` the account at `integration`.

    `account` is the name at the integration, compared exactly; required to create and update, ignored to delete. An
    updated account keeps its number.
    """

    action: Literal["create", "update", "delete"]
    integration: Text
    account: Text | None = None

    @model_validator(mode="after")
    def _require_account(self) -> Self:
        if self.action != "delete" and self.account is None:
            raise ValueError(f"{self.action} needs an account")
        return self


class ApplyAccounts(UserKey, Command[UserView]):
    """Change a user's accounts by up to 100 actions, in order, all or nothing.

    Each action acts on the result of the one before; an empty list changes nothing. Fails, in this order, with
    `user.not_found`, `integration.not_found` (any of the integrations), then action by action: `account.taken` (create:
    the user has an account at that integration; create and update: the account is another user's), `account.not_found`
    (update and delete: the user has none there). Soft-deleted users keep their accounts, which stay taken.
    """

    actions: Annotated[list[AccountAction], Field(max_length=100)]


class ListAccounts(UserKey, Query[AccountList]):
    """List the accounts of one user by ascending number, on one page: there is at most one an integration."""


class ResolveAccounts(Query[Recipients]):
    """Find whom to notify where: live users by id, by login name, by group or by role.

    `usernames` are usernames, e-mail addresses or telephone numbers, letter case ignored. `role_ids` means users who
    have the role directly or through a group. A user named twice is listed once. `integrations` is the order of
    preference: the first one at which the user has an account wins; the letter case of their names counts. Sorted by
    user id. A page covers up to `size` users
    (1 to 1000); `after` is the `next` of the page before.
    """

    user_ids: Annotated[list[Id], Field(max_length=1000)] = []
    usernames: Annotated[list[Text], Field(max_length=1000)] = []
    group_ids: Annotated[list[Id], Field(max_length=100)] = []
    role_ids: Annotated[list[Id], Field(max_length=100)] = []
    integrations: Annotated[list[Text], Field(min_length=1, max_length=100)]
    size: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[str, Field(pattern=r"^[0-9]{1,16}$")] | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.user_ids or self.usernames or self.group_ids or self.role_ids):
            raise ValueError("give at least one of user_ids, usernames, group_ids, role_ids")
        return self


class AccountChanged(UserView, EventData):
    """A user after one of its accounts was bound, rebound or unbound, and that account (as it was, if unbound)."""

    account: AccountView


FAMILY: Family = "account"
REQUESTS: Requests = {
    "account.apply": ApplyAccounts,
    "account.list": ListAccounts,
    "account.resolve": ResolveAccounts,
}
EVENTS: Events = {
    "account.bound": AccountChanged,
    "account.rebound": AccountChanged,
    "account.unbound": AccountChanged,
}
