"""Refusals of the accounts family."""

from models.errors.base import Refusal


class AccountTaken(Refusal):
    """The (integration, account) pair belongs to another user, or the user has an account of that integration."""

    code = "account.taken"
    text = "the account is taken, or the user already has one of that integration"


class AccountNotFound(Refusal):
    """The user has no account of that integration."""

    kind = "not_found"
    code = "account.not_found"
    text = "the user has no account of that integration"


class IntegrationNotFound(Refusal):
    """No integration of that name."""

    kind = "not_found"
    code = "integration.not_found"
    text = "no such integration"


class IntegrationTaken(Refusal):
    """Another integration has that name."""

    code = "integration.name_taken"
    text = "another integration has that name"


class IntegrationInUse(Refusal):
    """Users, soft-deleted ones too, have accounts of the integration."""

    code = "integration.in_use"
    text = "users have accounts of this integration: delete those first (soft-deleted users keep theirs)"


class NoKey(Refusal):
    """The worker has no encryption key, so that it cannot store secrets.

    Denied, not unavailable: a retry does not help before the deployment is changed.
    """

    kind = "denied"
    code = "integration.no_key"
    text = "secrets can only be stored encrypted, and the worker has no key: set USERBUS_ENCRYPTION_KEY, or send none"
