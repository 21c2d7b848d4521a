"""Signing up, in and out, and changing passwords; a realm says how long a sign-in lasts and how guessing is met."""

import unicodedata
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from contracts.base import Command, Event, Events, Requests, View
from contracts.sessions import Presented, Realm, SessionView, TenantCredentials, tenant_where_due
from contracts.types import Email, Flag, Password, Text, Timestamp
from contracts.users import PasswordRules, UserView

LONGEST_GUESS = 4096


def _guess(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text) > LONGEST_GUESS:
        raise ValueError(f"must be at most {LONGEST_GUESS} characters long")
    return SecretStr(unicodedata.normalize("NFC", text))


Guess = Annotated[SecretStr, AfterValidator(_guess)]
Login = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_GUESS)]
Code = Annotated[SecretStr, Field(max_length=16)]


class Opening(Command):
    """What opens a session: in which realm, on top of which presented session, on behalf of which tenant.

    | realm | identifiers | ends | a new one replaces | guessing |
    |---|---|---|---|---|
    | standard | all | 24 h unused, `remember` 14 days | the presented one | answers later and later |
    | usermgmt | all | 1 h unused | the presented one | locks for 5 minutes |
    | starcedu_local | username, e-mail | 24 h unused, `remember` 14 days | the presented one | later and later |
    | starcedu_tenant | username, e-mail | 14 days | the user's at that tenant | later and later |
    | passport | e-mail | 7,200 s | the user's in that realm | later and later |

    Lifetimes are settings. `starcedu_tenant` needs `tenant`, checked before all else: `tenant.invalid`
    (unauthenticated). Where one replaces another by realm, the new one's `auth.signed_in` is all that tells of it.
    `session` is the token of the visitor's present session of that realm, if any; one that is
    not good is ignored. Success ends it; an identity in it (session.attach_identity) is bound to the user.
    """

    realm: Realm = "standard"
    session: SecretStr | None = None
    tenant: TenantCredentials | None = None
    remember: bool = False

    @model_validator(mode="after")
    def _with_tenant(self) -> Self:
        tenant_where_due(self.realm, self.tenant)
        return self


class SignUp(Opening):
    """Make a user whose username and e-mail both are the lower-cased address, and sign in.

    Refused, in this order: `tenant.invalid`; `password.weak` (standard rules only); `user.username_taken` (conflict:
    a login identifier of another user; the presented session is signed out); `identity.gone` (the presented
    session's identity has meanwhile been taken: nothing is made or bound, the identity is forgotten).
    """

    email: Email
    password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name


class SignIn(Opening):
    """Sign in with an identifier of the kinds that the realm looks among, letter case ignored, and the password.

    Refused, in this order: `tenant.invalid`; `auth.locked` (throttled, `details.retry_after` in seconds; usermgmt
    only); `auth.bad_credentials` (unauthenticated: wrong password, unknown user, user without a password, or more
    than 100 failures in an hour; the presented session is signed out); `identity.gone` (as for SignUp). The fifth
    failure in five minutes locks the identifier and is still answered `auth.bad_credentials`. Elsewhere repeated
    failures are answered late, by `details.delay` seconds, which have passed when the answer comes.
    """

    login: Login
    password: Guess


class Identity(View):
    """An account at a provider that a callback service vouched for."""

    provider: str
    subject: str
    profile: dict[str, Any] | None = None


class SignedIn(View):
    """A user who is signed in: `token` is the cookie's value or the bearer token, in this reply only.

    It is 32 hexadecimal digits, in starcedu_tenant a JWT. `bound` is the identity that was bound, if any.
    """

    user: UserView
    session: SessionView
    token: str
    bound: Identity | None = None


class SignOut(Presented, Command):
    """End a session, with the identity in it.

    Without such a session: `ended` is 0 where sessions are cookies (standard, usermgmt, starcedu_local, no realm);
    `session.invalid` in starcedu_tenant (after `tenant.invalid`) and passport.
    """


class SignedOut(View):
    """How many sessions were ended."""

    ended: Flag


class Register(Command):
    """Make a user with a telephone number (mobile is the same), in one step with the default roles.

    Default roles are the setting USERBUS_DEFAULT_ROLES, `APP/ROLE` codes; one that does not exist is left out.
    Refused, in this order: `password.weak` (standard rules only); `user.telephone_taken`; `user.username_taken`
    (conflict); `sms.code_wrong` (unauthenticated: `code` missing, wrong, expired, used or burnt; only while SMS is
    on, else `code` is ignored).
    """

    username: Text
    telephone: Text
    company: Text | None = None
    gender: Text | None = None
    password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name
    code: Code | None = None


class Permission(View):
    """A direct role: the app's code and the role's code."""

    platform: str
    role: str


class Registered(View):
    """A new user and its roles."""

    user: UserView
    permissions: list[Permission]


class ChangePassword(Presented, Command):
    """Change the own password; every session and token of the user ends, the presented one included.

    Refused, in this order: `tenant.invalid`, `session.invalid`, `auth.bad_credentials` (the old password is wrong;
    counted like a failed sign-in), `password.weak` (standard rules only). The new password may equal the old one.
    """

    old_password: Guess
    new_password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name


class ResetPassword(Command):
    """Set a password by SMS code; every session and token of the user ends, its lock is lifted.

    Refused, in this order: `sms.disabled` (denied), `user.not_found` (no live user with that telephone),
    `password.weak` (standard rules only), `sms.code_wrong` (unauthenticated).
    """

    telephone: Text
    code: Code
    new_password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name


class PasswordSet(View):
    """The user whose password was set."""

    user: UserView


class LockoutView(Event):
    """Failed sign-ins at one identifier (usermgmt) or account; the identifier itself is never told.

    `failures` are those that still count; `user_id` is null for an unknown user.
    """

    realm: Realm
    user_id: int | None
    failures: int
    locked_until: Timestamp | None = None


REQUESTS: Requests = {
    "auth.sign_up": (SignUp, SignedIn),
    "auth.register": (Register, Registered),
    "auth.sign_in": (SignIn, SignedIn),
    "auth.sign_out": (SignOut, SignedOut),
    "auth.change_password": (ChangePassword, PasswordSet),
    "auth.reset_password": (ResetPassword, PasswordSet),
}
EVENTS: Events = {
    "auth.signed_up": UserView,
    "auth.signed_in": SessionView,
    "auth.sign_in_failed": LockoutView,
    "auth.locked": LockoutView,
    "auth.signed_out": SessionView,
    "auth.password_changed": UserView,
    "auth.password_reset": UserView,
}
