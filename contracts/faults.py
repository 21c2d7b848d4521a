"""The words of pydantic's errors, for people."""

from pydantic_core import ErrorDetails

NO_ZONE = "write the zone as well, as in 2026-01-31T12:00:00Z"


def fault_text(fault: ErrorDetails) -> str:
    """Return what is wrong, without pydantic's word for an exception of ours, and what to write for a zone."""
    return NO_ZONE if fault["type"] == "timezone_aware" else fault["msg"].removeprefix("Value error, ")
