"""passport (seed 002, REST contract section 4): administrators with roles and soft delete."""

from bridge.dialects.passport.table import dialect, refused

__all__ = ["dialect", "refused"]
