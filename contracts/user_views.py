"""What replies and events tell of a user."""

from typing import ClassVar

from contracts.base import EventData, View
from contracts.types import Flag, Status, Timestamp, UserType


class AccountView(View):
    """An account of a user; `account_id` is its number in userbus, `account` its name at the integration."""

    personal: ClassVar = frozenset({"account"})
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
    """A user; absent texts are null, `status` is 1 (live) or -1 (deleted), times are UTC.

    A `disabled` user (1) keeps everything but cannot sign in. `email_verified` and `telephone_verified` tell whether
    somebody has made sure of them; a new address or number is unverified. `external_id` is the id under which another
    system knows the user. `role_ids` and `group_ids` are the direct links as stored, those to soft-deleted roles
    included. `roles` holds the direct live roles by sort, then id, if the query asked for it by `with_roles`, else
    null. `revision` counts the user's events; give it back to detect concurrent changes.
    """

    personal: ClassVar = frozenset(
        {"username", "email", "name", "telephone", "mobile", "position", "company", "gender", "external_id"}
    )
    id: int
    uuid: str
    external_id: str | None = None
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
    disabled: Flag = 0
    email_verified: Flag = 0
    telephone_verified: Flag = 0
    root: Flag = 0
    sort: int = 99
    accounts: list[AccountView] = []
    role_ids: list[int] = []
    group_ids: list[int] = []
    roles: list[RoleOfUser] | None = None
    created_at: Timestamp
    updated_at: Timestamp
    revision: int


class UserChanged(UserView, EventData):
    """A user after a change, with the names of the changed fields."""

    changed: list[str]


class UserErased(EventData):
    """An erased user; the event holds no personal data."""

    id: int
