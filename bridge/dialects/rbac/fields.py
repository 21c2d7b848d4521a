"""What may be said of each entity when a row is created or changed (REST contract section 3.2)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bridge import fields
from bridge.fields import Check, Fault, Field, Kind, Told, Values, fits, integer, longest, printable, schema_of, text
from contracts.types import is_email

LARGEST = 9_007_199_254_740_991
EMPTY = (None, "")

required = partial(Field, absent=EMPTY)

LINE = text(longest(255), printable)
NUMBER = integer(1, LARGEST)


def detail(value: Any) -> str:
    """A text that may be empty."""
    blank = isinstance(value, str) and not value.strip()
    return "" if blank else LINE(value)


ID = Field("id", NUMBER)
USER = (required("email", text(longest(255), printable, fits(is_email, format="email"))), required("name", LINE))
APP = (required("code", LINE), required("name", LINE))
GROUP = (required("app_id", NUMBER), *APP)
RESOURCE = (
    required("app_id", NUMBER),
    required("code", LINE),
    required("resource_type_id", NUMBER),
    Field("detail", Told(detail, {"type": "string", "maxLength": 255}), required=False),
)


def changes(given: tuple[Field, ...]) -> tuple[Field, ...]:
    """The same fields for a change: each may be left out, but what is required cannot be emptied."""
    return tuple(
        replace(field, check=_filled(field.check), required=False, absent=()) if field.required else field
        for field in given
    )


def checked(wanted: tuple[Field, ...], given: Mapping[str, Any]) -> Values:
    """The checked values; a field that is not required is looked at only where its key is given. Raises Fault."""
    return fields.checked(tuple(field for field in wanted if field.required or field.key in given), given)


def _filled(check: Check) -> Check:
    def filled(value: Any) -> Any:
        if value in EMPTY:
            raise Fault(Kind.MISSING)
        return check(value)

    return Told(filled, schema_of(check))
