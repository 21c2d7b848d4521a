"""Sessions: what a sign-in opens, in every realm, and the identity that a provider vouched for."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from contracts.base import Command, Events, Message, Query, Requests, View
from contracts.types import Id, PlainJson, Text, Timestamp
from contracts.users import UserView

Realm = Literal["standard", "usermgmt", "starcedu_local", "starcedu_tenant", "passport"]


class TenantCredentials(Message):
    """What a tenant shows of itself; refused as `tenant.invalid` (unauthenticated) when it is not good."""

    id: Annotated[str, Field(max_length=4096)]
    secret: SecretStr


class Presented(Message):
    """A session's token as a client presents it.

    With `realm` it is good only if the session was opened there. `starcedu_tenant` needs `tenant`, whose own
    credentials are checked first: a token is good only together with the tenant that it was made for.
    """

    token: SecretStr
    realm: Realm | None = None
    tenant: TenantCredentials | None = None

    @model_validator(mode="after")
    def _with_tenant(self) -> Self:
        tenant_where_due(self.realm, self.tenant)
        return self


def tenant_where_due(realm: Realm | None, tenant: TenantCredentials | None) -> None:
    """Raise ValueError unless the tenant's credentials are there in the tenants' realm, and only there."""
    if (realm == "starcedu_tenant") != (tenant is not None):
        raise ValueError("give `tenant` in the realm starcedu_tenant, and only there")


class SessionView(View):
    """A session without its token.

    `lifetime` is how many seconds it lives unused, counted from sign-in or, where `sliding`, from its last use;
    `expires_at` is when it ends if it is not used again. `user_id` is null while nobody is signed in.
    """

    id: int
    user_id: int | None
    realm: Realm
    tenant_id: str | None
    remembered: bool
    sliding: bool
    lifetime: int
    created_at: Timestamp
    expires_at: Timestamp
    revision: int


class ResolvedSession(View):
    """A good session and its user."""

    session: SessionView
    user: UserView


class ResolveSession(Presented, Query):
    """Whose session is this? Counts as a use of it. starcedu's `me` is this one call.

    Refused as `tenant.invalid`, then `session.invalid` (both unauthenticated): unknown, expired, ended, of another
    realm or tenant, or nobody signed in. An ended session is refused at once: do not cache the answer.
    """


class ListSessions(Query):
    """The live sessions of a user, the latest first, 1,000 at most; none for an unknown user."""

    user_id: Id


class SessionList(View):
    """Sessions."""

    items: list[SessionView]


class RevokeSession(Command):
    """End one session of a user, or without `id` all of them; `session.not_found` if `id` is not one of the user's."""

    user_id: Id
    id: Id | None = None


class Revoked(View):
    """How many sessions were ended."""

    revoked: int


class AttachIdentity(Command):
    """Put an identity that a provider vouched for into a visitor's session (REST contract 5.5).

    `token` is the value of the visitor's `connect.sid` cookie; without one a new signed-out session is made.
    `provider` is an integration's name, `subject` the account there; `profile` is handed back when it is bound: JSON
    of at most 64 levels, with integers of at most 64 bits, and without secrets, since it is kept in clear. The next
    successful sign-in or sign-up in that session stores the account with the user. An earlier identity in the session
    is replaced. Refused as `session.invalid` or `integration.not_found`.
    """

    token: SecretStr | None = None
    provider: Text
    subject: Text
    profile: PlainJson | None = None


class Attached(View):
    """`token` is the value for the visitor's cookie; the one that was presented stays good as well."""

    token: str
    expires_at: Timestamp


REQUESTS: Requests = {
    "session.resolve": (ResolveSession, ResolvedSession),
    "session.list": (ListSessions, SessionList),
    "session.revoke": (RevokeSession, Revoked),
    "session.attach_identity": (AttachIdentity, Attached),
}
EVENTS: Events = {"session.revoked": SessionView}
