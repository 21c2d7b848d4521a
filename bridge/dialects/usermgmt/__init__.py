"""usermgmt (API document 004): registration, login, SMS codes; open to everyone."""

from bridge.dialects.usermgmt.dialect import dialect

__all__ = ["dialect"]
