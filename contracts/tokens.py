"""Service tokens: what a service shows to the bridge."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from typing_extensions import TypeAliasType

from contracts.base import Command, Events, Query, Requests, View
from contracts.search import Page, Search
from contracts.sessions import Realm
from contracts.types import Flag, Id, Text, Timestamp

Scope = Annotated[str, Field(pattern=r"^[a-z_*]+(\.[a-z_*]+)?$", max_length=100)]
Days = Annotated[int, Field(ge=1, le=3650)]
TokenField = TypeAliasType("TokenField", Literal["id", "name", "created_at", "expires_at", "last_used"])


class IssueToken(Command):
    """Make a service token; its text is in this reply only and stored nowhere.

    `scopes` are dialect names (`foreseen`) or command patterns (`user.*`, `*`); it ends after `days`.
    """

    name: Text
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)]
    days: Days = 365


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
    """A new service token with its text, shown once."""

    token: str


class VerifyToken(Query):
    """Is this token good, and what may it do?

    Refused as `token.invalid` (unauthenticated) when it is not, as `token.scope_missing` (denied) when `needs` is
    given and no scope covers it. With `realm` a user's session of that realm (passport: the login token) is good as
    well: then `user` is set and `scopes` is empty. A service token's answer may be cached for 5 s, a user's never.
    """

    token: SecretStr
    realm: Realm | None = None
    needs: Scope | None = None


class Holder(View):
    """The user of a login token: `root`; `roles`, how many live roles it has directly; `admin`, 1 if one has admin 1.

    passport: root 1 or admin 1 may call; else no roles means 3000206, any 3000207.
    """

    id: int
    root: Flag
    admin: Flag
    roles: int


class VerifiedToken(TokenView):
    """A good token; for a user's login token `id` is the session's and `name` is `user:<id>`."""

    user: Holder | None = None


class SearchTokens(Search[TokenField], Query):
    """One page of the service tokens that meet every condition, sorted; `live` leaves out ended ones."""

    live: bool = False


class RevokeToken(Command):
    """End a service token; the bridge may honour it for up to 5 s more."""

    id: Id


REQUESTS: Requests = {
    "token.issue": (IssueToken, TokenIssued),
    "token.verify": (VerifyToken, VerifiedToken),
    "token.revoke": (RevokeToken, TokenView),
    "token.search": (SearchTokens, Page[TokenView]),
}
EVENTS: Events = {"token.issued": TokenView, "token.revoked": TokenView}
