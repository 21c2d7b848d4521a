"""Service tokens, which other services present to the bridge."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from typing_extensions import TypeAliasType

from contracts.base import Command, Events, Family, Query, Requests, View
from contracts.search import Page, Search
from contracts.sessions import Realm
from contracts.types import Flag, Id, Text, Timestamp

DIALECTS = ("foreseen", "rbac", "passport")  # those that take service tokens
SCOPE = r"^[a-z_*]+(\.[a-z_*]+)?$"
Scope = Annotated[str, Field(pattern=SCOPE, max_length=100)]
Days = Annotated[int, Field(ge=1, le=3650)]
TokenField = TypeAliasType("TokenField", Literal["id", "name", "created_at", "expires_at", "last_used"])


class TokenView(View):
    """A service token without its text; `last_used` is exact to a minute."""

    id: int
    name: str
    scopes: list[str]
    created_at: Timestamp
    expires_at: Timestamp
    last_used: Timestamp | None = None
    revoked: bool = False
    revision: int


class TokenIssued(TokenView):
    """A new service token with its text, shown in this reply only."""

    token: str


class Holder(View):
    """The user of a login token: whether it is `root`, how many live direct `roles` it has, whether one is `admin`.

    Source: passport (002): a root user or an administrator may call; else no roles means 3000206, any roles mean
    3000207.
    """

    id: int
    root: Flag
    admin: Flag
    roles: int


class VerifiedToken(TokenView):
    """A valid token; for a user's login token `id` is the session's and `name` is `user:<id>`."""

    user: Holder | None = None


class IssueToken(Command[TokenIssued]):
    """Create a service token.

    Its text is in this reply only and not stored. `scopes` are dialect names (`foreseen`) or patterns of requests
    (`user.*`, `*`); it expires after `days` (1 to 3650). Fails with `token.scope_unknown` if a scope names nothing;
    then `details` has a row for each of them, with the `nearest` ones.
    """

    name: Text
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    days: Days = 365


class VerifyToken(Query[VerifiedToken]):
    """Check a token and find what it allows.

    Fails with `token.invalid`; with `token.scope_missing` if `needs` is given and no scope covers it. With `realm` a
    user's session of that realm is valid as well (passport: the login token): then `user` is set and `scopes` is empty.
    The reply for a service token may be cached for 5 s, that for a user never.
    """

    token: SecretStr
    realm: Realm | None = None
    needs: Scope | None = None


class SearchTokens(Search[TokenField, Page[TokenView]]):
    """Return one page of service tokens that meet every condition; see `Search` for paging and errors.

    `live` omits expired and revoked ones.
    """

    live: bool = False


class RevokeToken(Command[TokenView]):
    """Revoke a service token; the bridge may accept it for up to 5 s more.

    Fails with `token.not_found`.
    """

    id: Id


FAMILY: Family = "auth"
REQUESTS: Requests = {
    "token.issue": IssueToken,
    "token.verify": VerifyToken,
    "token.revoke": RevokeToken,
    "token.search": SearchTokens,
}
EVENTS: Events = {"token.issued": TokenView, "token.revoked": TokenView}
