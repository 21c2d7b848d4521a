"""The fields of each entity in requests that create or change it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bridge.rest.checks import integer, max_length, predicate, require_printable, text
from bridge.rest.fields import (
    Check,
    DescribedCheck,
    FieldError,
    InputField,
    Values,
    Violation,
    check_fields,
    schema_of,
)
from contracts.types import is_email

MAX_ID = 9_007_199_254_740_991
EMPTY = (None, "")

required_field = partial(InputField, absent_values=EMPTY)

LINE = text(max_length(255), require_printable)
NUMBER = integer(1, MAX_ID)


def _check_line_or_blank(value: Any) -> str:
    is_blank = isinstance(value, str) and not value.strip()
    return "" if is_blank else LINE(value)


LINE_OR_BLANK = DescribedCheck(_check_line_or_blank, {"type": "string", "maxLength": 255})

ID = InputField("id", NUMBER)
USER = (
    required_field("email", text(max_length(255), require_printable, predicate(is_email, format="email"))),
    required_field("name", LINE),
)
APP = (required_field("code", LINE), required_field("name", LINE))
GROUP = (required_field("app_id", NUMBER), *APP)
RESOURCE = (
    required_field("app_id", NUMBER),
    required_field("code", LINE),
    required_field("resource_type_id", NUMBER),
    InputField("detail", LINE_OR_BLANK, required=False),
)


def update_fields(fields: tuple[InputField, ...]) -> tuple[InputField, ...]:
    """The same fields for an update: each may be left out, but a required one must not be emptied."""
    return tuple(
        replace(field, check=_non_empty_check(field.check), required=False, absent_values=())
        if field.required
        else field
        for field in fields
    )


def check_present_fields(fields: tuple[InputField, ...], given: Mapping[str, Any]) -> Values:
    """Return the checked values; an optional field is checked only if its key is given. Raises FieldError."""
    return check_fields(tuple(field for field in fields if field.required or field.key in given), given)


def _non_empty_check(check: Check) -> Check:
    def check_non_empty(value: Any) -> Any:
        if value in EMPTY:
            raise FieldError(Violation.MISSING)
        return check(value)

    return DescribedCheck(check_non_empty, schema_of(check))
