"""rbac (API document 001): users, groups, roles, resources and who has what."""

from bridge.dialects.rbac.dialect import dialect

__all__ = ["dialect"]
