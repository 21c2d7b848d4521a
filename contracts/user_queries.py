"""Queries of users."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import TypeAliasType

from contracts.base import Family, Query, Requests, View
from contracts.search import Page, Search
from contracts.types import Id, Text
from contracts.user_views import UserView

_KEYS = ("id", "uuid", "external_id", "username", "email", "telephone", "login")
Asked = Annotated[bool | None, Field(exclude_if=lambda value: value is None)]


class UserPage(Page[UserView]):
    """A page of users."""


class TakenView(View):
    """The keys that were asked for; true means taken."""

    username: Asked = None
    email: Asked = None
    telephone: Asked = None


class GetUser(Query[UserView]):
    """Find one live user by exactly one of id, uuid, external_id, username, email, telephone and login.

    `login` is any of username, e-mail address and telephone number. A telephone number is found in every spelling,
    other identifiers whatever their letter case and invisible characters. `include_deleted` finds soft-deleted users
    too; `with_roles` fills `roles`. Fails with `user.not_found`.
    """

    id: Id | None = None
    uuid: Text | None = None
    external_id: Text | None = None
    username: Text | None = None
    email: Text | None = None
    telephone: Text | None = None
    login: Text | None = None
    include_deleted: bool = False
    with_roles: bool = False

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if len(self.keys()) != 1:
            raise ValueError(f"give exactly one of {', '.join(_KEYS)}")
        return self

    def keys(self) -> dict[str, Any]:
        """The key that is given, by its field's name."""
        given = {name: getattr(self, name) for name in _KEYS}
        return {name: value for name, value in given.items() if value is not None}


UserField = TypeAliasType("UserField", Literal[
    "id", "uuid", "username", "email", "name", "telephone", "mobile", "position", "company", "gender", "usertype",
    "status", "disabled", "root", "sort", "role_ids", "group_ids", "created_at", "updated_at", "display_name",
    "display_email", "contact",
])  # fmt: skip


class SearchUsers(Search[UserField, UserPage]):
    """Return one page of live users that meet every condition; see `Search` for paging and errors.

    `display_name` is the name, else the username; `display_email` the e-mail address; `contact` the mobile, else the
    telephone number; each an empty text where absent. `include_deleted` finds soft-deleted users too; `with_roles`
    fills `roles`.
    """

    include_deleted: bool = False
    with_roles: bool = False


class CheckTaken(Query[TakenView]):
    """Check which values are login identifiers of a live user, compared as by `user.get`.

    Source: usermgmt (004), POST /action/uniqueness.
    """

    username: Text | None = None
    email: Text | None = None
    telephone: Text | None = None


FAMILY: Family = "user"
REQUESTS: Requests = {
    "user.get": GetUser,
    "user.search": SearchUsers,
    "user.check_taken": CheckTaken,
}
