"""Webhooks: events from the bus to receivers without one."""
