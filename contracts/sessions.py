"""Sessions: opened by signing in, in one of six realms."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from contracts.base import Command, Events, Family, Message, Query, Requests, View
from contracts.types import Id, PlainJson, Text, Timestamp
from contracts.user_views import UserView

Realm = Literal["standard", "usermgmt", "starcedu_local", "starcedu_tenant", "passport", "console"]


class SessionView(View):
    """A session without its token.

    It ends after `lifetime` seconds from sign-in or, if `sliding`, from its last use; `expires_at` is when it ends
    unless it is used again. `user_id` is null while nobody is signed in.
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
    """A valid session and its user."""

    session: SessionView
    user: UserView


class SessionList(View):
    """The sessions of a user."""

    items: list[SessionView]


class Revoked(View):
    """How many sessions were ended."""

    revoked: int


class Attached(View):
    """`token` is the new value of the visitor's cookie; the presented one stays valid too."""

    token: str
    expires_at: Timestamp


class TenantCredentials(Message):
    """The credentials of a tenant.

    Invalid ones fail with `tenant.invalid`.
    """

    id: Annotated[str, Field(max_length=4096)]
    secret: SecretStr


def require_tenant_credentials(realm: Realm | None, tenant: TenantCredentials | None) -> None:
    """Raise ValueError unless the tenant's credentials are there in the tenants' realm, and only there."""
    if (realm == "starcedu_tenant") != (tenant is not None):
        raise ValueError("give `tenant` in the realm starcedu_tenant, and only there")


class SessionCredentials(Message):
    """A session's token as the client presents it.

    With `realm` it is valid only if the session was opened in that realm. `starcedu_tenant` requires `tenant`, whose
    credentials are checked first: a token is valid only together with its tenant.
    """

    token: SecretStr
    realm: Realm | None = None
    tenant: TenantCredentials | None = None

    @model_validator(mode="after")
    def _with_tenant(self) -> Self:
        require_tenant_credentials(self.realm, self.tenant)
        return self


class ResolveSession(SessionCredentials, Query[ResolvedSession]):
    """Find the user of a session; counts as a use of it.

    Fails, in this order, with `tenant.invalid`, `session.invalid` (unknown, expired, ended, of another realm or tenant,
    or nobody is signed in). A session that was ended fails at once: do not cache the reply.
    """


class ListSessions(Query[SessionList]):
    """List the live sessions of a user, the latest first, up to 1,000; an unknown user has none."""

    user_id: Id


class RevokeSession(Command[Revoked]):
    """End one session of a user, or all of them without `id`.

    Fails with `session.not_found` if `id` is not a session of the user.
    """

    user_id: Id
    id: Id | None = None


class AttachIdentity(Command[Attached]):
    """Put an identity that a provider has vouched for into a visitor's session (realm starcedu_local).

    `token` is the value of the visitor's `connect.sid` cookie; without it a new signed-out session is made. `provider`
    is an integration's name, `subject` the account there. `profile` is returned when the identity is bound: JSON of up
    to 64 levels, with integers of up to 64 bits and without secrets, since it is stored in clear. The next successful
    sign-in or sign-up in that session adds the account to the user. Replaces an identity that is pending already. Fails
    with `integration.not_found`, `session.invalid`.
    """

    token: SecretStr | None = None
    provider: Text
    subject: Text
    profile: PlainJson | None = None


FAMILY: Family = "auth"
REQUESTS: Requests = {
    "session.resolve": ResolveSession,
    "session.list": ListSessions,
    "session.revoke": RevokeSession,
    "session.attach_identity": AttachIdentity,
}
EVENTS: Events = {"session.revoked": SessionView}
