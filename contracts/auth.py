"""Sign up, in and out, register, change and reset passwords."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from contracts.base import Command, Events, Family, Message, Query, Requests, View
from contracts.lockout_views import LockoutList, LockoutView
from contracts.sessions import Realm, SessionCredentials, SessionView, TenantCredentials, require_tenant_credentials
from contracts.types import Email, Flag, Id, Password, Text, Username
from contracts.user_views import UserView
from contracts.users import PasswordRules

LONGEST_GUESS = 4096


def _guess(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) > LONGEST_GUESS:
        raise ValueError(f"must be at most {LONGEST_GUESS} characters long")
    return secret  # as typed: other systems hashed it so


Guess = Annotated[SecretStr, AfterValidator(_guess)]
Login = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_GUESS)]
SubmittedCode = Annotated[SecretStr, Field(max_length=16)]


class Identity(View):
    """An account at a provider that a callback service has vouched for."""

    provider: str
    subject: str
    profile: dict[str, Any] | None = None


class SignedIn(View):
    """A signed-in user with its new session.

    `token` is the cookie's value or the bearer token: 32 hexadecimal digits, in the realm starcedu_tenant a JWT. It
    appears in this reply only. `bound` is the identity that was bound to the user, if one was pending in the former
    session.
    """

    user: UserView
    session: SessionView
    token: str
    bound: Identity | None = None


class SignedOut(View):
    """How many sessions were ended: 0 or 1."""

    ended: Flag


class Permission(View):
    """A direct role of a user, by the codes of its app (`platform`) and of the role."""

    platform: str
    role: str


class Registered(View):
    """A new user and its default roles."""

    user: UserView
    permissions: list[Permission]


class PasswordSet(View):
    """The user whose password was set."""

    user: UserView


class SessionOptions(Message):
    """Selects the kind of session to open, and the session and tenant of the visitor.

    | realm | identifiers | ends | a new one replaces | repeated failures |
    |---|---|---|---|---|
    | standard | all | 24 h unused, `remember` 14 days | the visitor's | delay the reply |
    | usermgmt | all | 1 h unused | the visitor's | lock for 5 minutes |
    | starcedu_local | username, e-mail | 24 h unused, `remember` 14 days | the visitor's | delay the reply |
    | starcedu_tenant | username, e-mail | 14 days | the user's at that tenant | delay the reply |
    | passport | e-mail | 7,200 s | the user's in that realm | delay the reply |
    | console | all, of root users | 1 h unused, 12 h | the visitor's | lock for 5 minutes |

    The lifetimes are settings of the worker. `starcedu_tenant` requires `tenant`, which is checked first. `session` is
    the token of the visitor's present session of the realm; an invalid one is ignored. Success ends that session and
    binds an identity that is pending in it (`session.attach_identity`) to the user. A session that another one replaces
    by realm has no `auth.signed_out` event; the `auth.signed_in` of the new one is the only event.
    """

    realm: Realm = "standard"
    session: SecretStr | None = None
    tenant: TenantCredentials | None = None
    remember: bool = False

    @model_validator(mode="after")
    def _with_tenant(self) -> Self:
        require_tenant_credentials(self.realm, self.tenant)
        return self


class SignUp(SessionOptions, Command[SignedIn]):
    """Create a user by e-mail address and sign in.

    The lower-cased address becomes both username and e-mail. Fails, in this order, with `tenant.invalid`;
    `password.weak` (standard rules only); `user.username_taken` (the visitor's session is signed out); `identity.gone`
    (the pending identity has been taken by another user: nothing is created or bound, the identity is dropped). Source:
    starcedu (003), signup.
    """

    email: Email
    password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name


class SignIn(SessionOptions, Command[SignedIn]):
    """Sign in by identifier and password.

    `login` is an identifier of the kinds that the realm accepts, compared as by `user.get`. Fails, in this order, with
    `tenant.invalid`; `auth.locked` (where the realm locks; `details.retry_after` in seconds); `auth.bad_credentials`
    (wrong password, unknown user, one whom the realm does not accept, user without a password, or more than 100
    failures in an hour; the visitor's session is signed out); `auth.user_disabled` (the password is right);
    `identity.gone` (as for `auth.sign_up`). Where the realm locks, the fifth failure in five minutes locks the
    identifier and is still answered `auth.bad_credentials`. In other realms repeated failures are answered late, after
    `details.delay` seconds. Sources: starcedu (003) signin, usermgmt (004) login.
    """

    login: Login
    password: Guess


class SignOut(SessionCredentials, Command[SignedOut]):
    """End a session, with the identity that is pending in it.

    Without such a session: `ended` is 0 in the realms standard, usermgmt and starcedu_local and where no realm is
    given; in passport and starcedu_tenant it fails with `session.invalid` (in starcedu_tenant after `tenant.invalid`).
    """


class Register(Command[Registered]):
    """Create a user with a telephone number and the default roles.

    `mobile` becomes the same number. The default roles are the worker's setting USERBUS_DEFAULT_ROLES (`APP/ROLE`
    codes); unknown ones are skipped. Fails, in this order, with `user.username_mixed`, `password.weak` (standard rules
    only), `user.telephone_taken`, `user.username_taken`, `sms.code_wrong` (`code` is missing, wrong, expired or used;
    only while SMS is on, else `code` is ignored). Source: usermgmt (004), POST /v1/users.
    """

    username: Username
    telephone: Text
    company: Text | None = None
    gender: Text | None = None
    password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name
    code: SubmittedCode | None = None


class ChangePassword(SessionCredentials, Command[PasswordSet]):
    """Change one's own password and end every session and token of the user, the presented one included.

    The new password may equal the old one. Fails, in this order, with `tenant.invalid`, `session.invalid`,
    `auth.bad_credentials` (the old password is wrong; counted like a failed sign-in), `password.weak` (standard rules
    only). Source: starcedu (003), update_password.
    """

    old_password: Guess
    new_password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name


class UnlockUser(Command[UserView]):
    """Forget the failed sign-ins of a live user, with all its identifiers, which ends its locks and delays.

    Fails with `user.not_found`.
    """

    id: Id


class ResetPassword(Command[PasswordSet]):
    """Set a password by SMS code, end every session and token of the user and lift its lock.

    Fails, in this order, with `sms.disabled`, `user.not_found` (no live user has that telephone number),
    `password.weak` (standard rules only), `sms.code_wrong`. Source: usermgmt (004), PUT /password.
    """

    telephone: Text
    code: SubmittedCode
    new_password: Password
    password_rules: PasswordRules = "standard"  # noqa: S105  a rule's name


class ListLockouts(Query[LockoutList]):
    """List the failed sign-ins of a live user that still count: in all realms together, then by identifier.

    The latter lock after five, the former refuse every sign-in after 100. Fails with `user.not_found`.
    """

    user_id: Id


FAMILY: Family = "auth"
REQUESTS: Requests = {
    "auth.sign_up": SignUp,
    "auth.register": Register,
    "auth.sign_in": SignIn,
    "auth.sign_out": SignOut,
    "auth.change_password": ChangePassword,
    "auth.reset_password": ResetPassword,
    "auth.unlock": UnlockUser,
    "auth.list_lockouts": ListLockouts,
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
