"""Why the auth family says no."""

from models.errors.base import Refusal


class PasswordWeak(Refusal):
    """The new password breaks the rules."""

    kind = "invalid"
    code = "password.weak"
    text = "the password must be 8 to 128 characters long and not one of the commonest"


class HashRefused(Refusal):
    """The foreign password hash is cut off or of an unknown scheme, or checking it would cost more than a second."""

    kind = "invalid"
    code = "password.hash_refused"
    text = "the password hash is not whole, of no known scheme, or too costly to check: give it as it was stored"


class HashingBusy(Refusal):
    """Too many passwords are waiting to be hashed."""

    kind = "unavailable"
    code = "password.busy"
    text = "too many passwords are being checked: try again with the same message_id"


class TokenInvalid(Refusal):
    """The service token is unknown, expired or revoked."""

    kind = "unauthenticated"
    code = "token.invalid"
    text = "the service token is unknown, expired or revoked"


class TokenNotFound(Refusal):
    """No service token with that id."""

    kind = "not_found"
    code = "token.not_found"
    text = "no such service token"


class ScopeMissing(Refusal):
    """The service token is good, but no scope of it covers what is needed."""

    kind = "denied"
    code = "token.scope_missing"
    text = "no scope of the service token covers this"


class BadCredentials(Refusal):
    """The password is wrong, the user unknown or without a password: which of them is not told.

    `details.delay`, if any, is by how many seconds the answer was held back.
    """

    kind = "unauthenticated"
    code = "auth.bad_credentials"
    text = "the identifier or the password is wrong"


class AuthLocked(Refusal):
    """Five failures in five minutes locked the identifier; `details.retry_after` in seconds."""

    kind = "throttled"
    code = "auth.locked"
    text = "too many failed sign-ins: try again after `retry_after` seconds, or reset the password"


class IdentityGone(Refusal):
    """The account that a provider vouched for has meanwhile been taken by another user."""

    code = "identity.gone"
    text = "the account at the provider has been taken by another user: let the provider vouch again"


class SessionInvalid(Refusal):
    """The session's token is unknown, expired or ended, of another realm or tenant, or nobody is signed in."""

    kind = "unauthenticated"
    code = "session.invalid"
    text = "the session is unknown or has ended: sign in again"


class SessionNotFound(Refusal):
    """The user has no session with that id."""

    kind = "not_found"
    code = "session.not_found"
    text = "the user has no such session"


class TenantInvalid(Refusal):
    """The tenant is unknown or its secret is wrong: which of them is not told."""

    kind = "unauthenticated"
    code = "tenant.invalid"
    text = "the tenant's credentials are not good"


class TenantNotFound(Refusal):
    """No tenant with that id."""

    kind = "not_found"
    code = "tenant.not_found"
    text = "no such tenant"


class TenantTaken(Refusal):
    """There is a tenant with that id."""

    code = "tenant.taken"
    text = "there is a tenant with that id"
