"""Refusals of the auth family."""

from models.errors.base import Refusal


class PasswordWeak(Refusal):
    """The new password breaks the rules."""

    kind = "invalid"
    code = "password.weak"
    text = "the password must be 8 to 128 characters long and not one of the commonest"


class HashRefused(Refusal):
    """The password hash of another system cannot be accepted.

    `details.reason` is `unknown_scheme`, `malformed` or `too_costly`; `details.scheme` is the scheme as far as it is
    known; too costly: `details.seconds` and `details.memory` (MiB) are what one check would take.
    """

    kind = "invalid"
    code = "password.hash_refused"
    text = "the password hash is of no known scheme, malformed, or too costly to check: `details.reason` says which"


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


class ScopeUnknown(Refusal):
    """A scope is no dialect and matches no request; `details` names each with the nearest ones that exist."""

    kind = "invalid"
    code = "token.scope_unknown"
    text = "a scope names nothing: it must be a dialect or match a request"


class ScopeMissing(Refusal):
    """The service token is valid, but none of its scopes covers what is needed."""

    kind = "denied"
    code = "token.scope_missing"
    text = "no scope of the service token covers this"


class BadCredentials(Refusal):
    """The password is wrong, the user unknown or without a password; the reply does not tell which.

    `details.delay`, if present, is by how many seconds the reply was delayed.
    """

    kind = "unauthenticated"
    code = "auth.bad_credentials"
    text = "the identifier or the password is wrong"


class UserDisabled(Refusal):
    """The password is right, but the user is disabled."""

    kind = "denied"
    code = "auth.user_disabled"
    text = "the user is disabled: whoever runs the service can enable it with user.enable"


class AuthLocked(Refusal):
    """Five failures in five minutes locked the identifier; `details.retry_after` in seconds."""

    kind = "throttled"
    code = "auth.locked"
    text = "too many failed sign-ins: try again after `retry_after` seconds, or reset the password"


class IdentityGone(Refusal):
    """Another user has meanwhile taken the account that a provider attested."""

    code = "identity.gone"
    text = "the account at the provider has been taken by another user: sign in at the provider again"


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
    """The tenant is unknown or its secret is wrong; the reply does not tell which."""

    kind = "unauthenticated"
    code = "tenant.invalid"
    text = "the tenant is unknown or its secret is wrong"


class TenantNotFound(Refusal):
    """No tenant with that id."""

    kind = "not_found"
    code = "tenant.not_found"
    text = "no such tenant"


class TenantTaken(Refusal):
    """Another tenant has that id."""

    code = "tenant.taken"
    text = "another tenant has that id"
