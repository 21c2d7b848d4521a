"""usermgmt (seed 004, REST contract section 6): registration, login, SMS codes; open to everyone."""

from bridge.dialects.usermgmt.table import dialect

__all__ = ["dialect"]
