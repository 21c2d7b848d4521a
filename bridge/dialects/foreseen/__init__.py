"""foreseen (seed 000, REST contract section 2): users and their notification accounts."""

from bridge.dialects.foreseen.table import dialect

__all__ = ["dialect"]
