"""The words of pydantic's errors, for people."""

from pydantic_core import ErrorDetails


def fault_text(fault: ErrorDetails) -> str:
    """Return what is wrong, without pydantic's word for an exception of ours."""
    return fault["msg"].removeprefix("Value error, ")
