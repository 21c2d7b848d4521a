"""starcedu (seed 003, REST contract section 5): sign-in, sign-up and password change, for visitors and for tenants."""

from bridge.dialects.starcedu.table import dialect

__all__ = ["dialect"]
