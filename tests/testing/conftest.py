"""userbus in memory, as another team's tests have it."""

from testing.plugin import userbus, userbus_client, userbus_sync_client

__all__ = ["userbus", "userbus_client", "userbus_sync_client"]
