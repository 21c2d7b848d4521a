"""starcedu (API document 003): sign-in, sign-up and password change, for visitors and for tenants."""

from bridge.dialects.starcedu.dialect import dialect

__all__ = ["dialect"]
