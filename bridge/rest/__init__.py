"""The table engine behind every dialect, and what surrounds HTTP requests."""
