"""foreseen (API document 000): users and their notification accounts."""

from bridge.dialects.foreseen.dialect import dialect

__all__ = ["dialect"]
