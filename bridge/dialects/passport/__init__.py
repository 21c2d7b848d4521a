"""passport (API document 002): administrators with roles and soft delete."""

from bridge.dialects.passport.dialect import access_failure, dialect

__all__ = ["access_failure", "dialect"]
