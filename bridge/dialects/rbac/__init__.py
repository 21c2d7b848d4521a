"""rbac (seed 001, REST contract section 3): users, groups, roles, resources and who has what."""

from bridge.dialects.rbac.table import dialect

__all__ = ["dialect"]
