"""Accounts: where a user is notified; changed by ordered actions, resolved for notification pipelines."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contracts.base import Command, Event, Events, Message, Query, Requests, View
from contracts.types import Id, Text
from contracts.users import AccountView, UserView


class OfUser(Message):
    """One live user by exactly one of `user_id`, `username`, or `login` (username, e-mail or telephone).

    Texts compare without regard to letter case. Refused as `user.not_found`.
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


class AccountAction(Command):
    """One step: `create`, `update` (keeps the account's number) or `delete` the account at `integration`.

    `account` is the name there, compared exactly; create and update need it, delete ignores it.
    """

    action: Literal["create", "update", "delete"]
    integration: Text
    account: Text | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.action != "delete" and self.account is None:
            raise ValueError(f"{self.action} needs an account")
        return self


class ApplyAccounts(OfUser, Command):
    """Carry out at most 100 actions in order, each on the result of the one before; all or nothing.

    Checked in this order: the user exists (`user.not_found`), every integration exists (`integration.not_found`),
    then the actions: create is refused as `account.taken` when the user has an account of that integration or another
    user has this one; update and delete as `account.not_found` when the user has none, update as `account.taken` when
    another user has it. Soft-deleted users keep their accounts. An empty list changes nothing.
    """

    actions: Annotated[list[AccountAction], Field(max_length=100)]


class ListAccounts(OfUser, Query):
    """The accounts of one user, by ascending number: at most one an integration, hence in one page."""


class AccountList(View):
    """A user's accounts."""

    user_id: int
    items: list[AccountView]


class ResolveAccounts(Query):
    """Where to notify: the live users with these ids or login names, in these groups, or with these roles.

    `usernames` are usernames, e-mail addresses or telephones, letter case ignored. `role_ids` means users who have the
    role directly or through a group. A user named twice is told once. `integrations` is the order of preference: the
    first one where the user has an account wins. Ordered by user id; a page covers at most `size` users (1 to 1000);
    `after` is the `next` of the page before.
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


class Recipient(View):
    """One user and the account to notify; `username` is the username, else the e-mail address, else the telephone."""

    user_id: int
    username: str | None
    integration: str
    account: str


class Missing(View):
    """Whom no message can reach.

    `no_account`: the user of `user_id` has none at these integrations. `unknown`: no such live user, group or role;
    the one key that is set is what was asked for. Unknown names, groups and roles are told on the first page, unknown
    user ids in their place in the order.
    """

    reason: Literal["no_account", "unknown"]
    user_id: int | None = None
    username: str | None = None
    group_id: int | None = None
    role_id: int | None = None


class Recipients(View):
    """One page; `next` is the cursor of the following page, null on the last one."""

    recipients: list[Recipient]
    missing: list[Missing]
    next: str | None


class AccountChanged(UserView, Event):
    """A user after one of its accounts was bound, rebound or unbound, and that account (as it was, when unbound)."""

    account: AccountView


REQUESTS: Requests = {
    "account.apply": (ApplyAccounts, UserView),
    "account.list": (ListAccounts, AccountList),
    "account.resolve": (ResolveAccounts, Recipients),
}
EVENTS: Events = {
    "account.bound": AccountChanged,
    "account.rebound": AccountChanged,
    "account.unbound": AccountChanged,
}
