"""Users: identity, contact fields, notification accounts and links, one shape for all dialects."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from typing_extensions import TypeAliasType

from contracts.base import Command, Deleted, Event, Events, Message, Query, Requests, View
from contracts.search import Page, Search
from contracts.types import ChosenId, Email, Flag, Id, Ids, Password, Status, Text, Timestamp, UserType

PasswordRules = Literal["standard", "dialect"]
Asked = Annotated[bool | None, Field(exclude_if=lambda value: value is None)]


class AccountGiven(Command):
    """One notification account: the integration's name and the account's name there, compared exactly."""

    integration: Text
    account: Text


Accounts = Annotated[list[AccountGiven], Field(max_length=100)]


class AccountView(View):
    """An account of a user; `account_id` is userbus's own number, `account` the name at the integration."""

    account_id: int
    integration: str
    account: str


class RoleOfUser(View):
    """A live role that a user has directly."""

    id: int
    app_id: int
    app_code: str
    code: str
    name: str
    admin: Flag
    sort: int


class UserView(View):
    """One user; absent texts are null, `status` is 1 (normal) or -1 (deleted), times are UTC.

    `role_ids` and `group_ids` are the direct links as stored: also those to soft-deleted roles. `roles` holds the
    direct live roles by sort, then id, where a query asked `with_roles`, else null. `revision` counts the user's
    events and serves optimistic concurrency.
    """

    id: int
    uuid: str
    username: str | None = None
    email: str | None = None
    name: str | None = None
    telephone: str | None = None
    mobile: str | None = None
    position: str | None = None
    company: str | None = None
    gender: str | None = None
    usertype: UserType = "user"
    status: Status = 1
    root: Flag = 0
    sort: int = 99
    accounts: list[AccountView] = []
    role_ids: list[int] = []
    group_ids: list[int] = []
    roles: list[RoleOfUser] | None = None
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class Profile(Message):
    """The fields that describe a user, and what it is linked with. `password_hash` is a foreign hash."""

    username: Text | None = None
    email: Email | None = None
    name: Text | None = None
    telephone: Text | None = None
    mobile: Text | None = None
    position: Text | None = None
    company: Text | None = None
    gender: Text | None = None
    usertype: UserType = "user"
    password_hash: SecretStr | None = None
    role_ids: Ids = []
    group_ids: Ids = []
    accounts: Accounts = []


class NewUser(Profile):
    """A user to be made: at least one of username, email, telephone."""

    id: ChosenId | None = None

    @model_validator(mode="after")
    def _identified(self) -> Self:
        if not (self.username or self.email or self.telephone):
            raise ValueError("give at least one of username, email, telephone")
        return self


class GivenUser(Profile):
    """A user with a password in plain, or a foreign hash instead."""

    password: Password | None = None
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.password and self.password_hash:
            raise ValueError("give either password or password_hash, not both")
        return self


class CreateUser(NewUser, GivenUser, Command):
    """Create a user; at least one of username, email, telephone. All or nothing.

    `password_rules`: "standard" (8 to 128 characters, none of the commonest) or "dialect" (the caller has
    checked a documented rule of its own). A `root` user may do everything in passport and cannot be deleted.
    """

    root: Flag = 0


class UpdateUser(GivenUser, Command):
    """Change the fields that are given; null clears, `role_ids`, `group_ids` and `accounts` replace.

    With `revision` the change is refused as `user.stale` if the user has moved on since. A new password, or none, ends
    every session and token. An account where the user has one already keeps its number. A root user's roles stay.
    """

    id: Id
    revision: int | None = None


class SetStatus(Command):
    """Soft-delete (-1) or restore (1) a user; without `status` only `updated_at` moves (passport's update_field).

    A deleted user releases its identifiers; restoring checks them again. A root user cannot be deleted.
    """

    id: Id
    status: Status | None = None


class DeleteUser(Command):
    """Erase a user for good, deleted or not: accounts, links, sessions, tokens and codes go with it."""

    id: Id


class GetUser(Query):
    """Find one live user by exactly one of id, uuid, username, email, telephone, or any `login` of the three.

    `include_deleted` finds soft-deleted users too; `with_roles` fills `roles`.
    """

    id: Id | None = None
    uuid: Text | None = None
    username: Text | None = None
    email: Text | None = None
    telephone: Text | None = None
    login: Text | None = None
    include_deleted: bool = False
    with_roles: bool = False

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if len(self.keys()) != 1:
            raise ValueError("give exactly one of id, uuid, username, email, telephone, login")
        return self

    def keys(self) -> dict[str, Any]:
        """The key that is given, by its field's name."""
        given = {name: getattr(self, name) for name in ("id", "uuid", "username", "email", "telephone", "login")}
        return {name: value for name, value in given.items() if value is not None}


UserField = TypeAliasType("UserField", Literal[
    "id", "uuid", "username", "email", "name", "telephone", "mobile", "position", "company", "gender", "usertype",
    "status", "root", "sort", "role_ids", "group_ids", "created_at", "updated_at", "display_name",
    "display_email", "contact",
])  # fmt: skip


class SearchUsers(Search[UserField]):
    """Live users that meet every condition, sorted (ties by ascending id), one page; paging as `Search` says.

    `display_name` is name, else username; `display_email` is email; `contact` is mobile, else telephone: each an empty
    text where there is none. `with_roles` fills `roles`.
    """

    include_deleted: bool = False
    with_roles: bool = False


class UserPage(Page[UserView]):
    """A page of users."""


class CheckTaken(Query):
    """Which of the given values are login identifiers of a live user, letter case ignored."""

    username: Text | None = None
    email: Text | None = None
    telephone: Text | None = None


class TakenView(View):
    """The keys that were asked, true = taken."""

    username: Asked = None
    email: Asked = None
    telephone: Asked = None


class UserChanged(UserView, Event):
    """A user after a change, with the names of the changed fields."""

    changed: list[str]


class UserErased(Event):
    """A user that is gone; nothing personal."""

    id: int


REQUESTS: Requests = {
    "user.create": (CreateUser, UserView),
    "user.update": (UpdateUser, UserView),
    "user.set_status": (SetStatus, UserView),
    "user.delete": (DeleteUser, Deleted),
    "user.get": (GetUser, UserView),
    "user.search": (SearchUsers, UserPage),
    "user.check_taken": (CheckTaken, TakenView),
}
EVENTS: Events = {
    "user.created": UserView,
    "user.updated": UserChanged,
    "user.deleted": UserView,
    "user.restored": UserView,
    "user.erased": UserErased,
}
