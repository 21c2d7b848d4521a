"""Validation of data by a contract."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.base import Message
from contracts.faults import fault_text
from contracts.problem import Problem

M = TypeVar("M", bound=Message)


def validate_row(kind: type[M], row: Any) -> M | Problem:
    """Return a row of a request as an instance of its type, or the problem if it is invalid."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        return validation_problem(
            error.errors(include_url=False, include_context=False, include_input=False), "the row"
        )


def validation_problem(faults: Sequence[ErrorDetails], whole: str) -> Problem:
    """The problem `message.invalid` for errors of pydantic; `whole` names what an error without a field is about."""
    details = [
        {"field": ".".join(str(step) for step in fault["loc"]), "message": fault_text(fault)} for fault in faults[:50]
    ]
    fields = ", ".join(dict.fromkeys(detail["field"] or whole for detail in details))
    return Problem(
        kind="invalid", code="message.invalid", message=f"wrong or unknown fields: {fields}", details=details
    )
