"""The query parameter `filter`: conditions on the fields of an entity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.dialects.rbac.parameters import parse_object
from bridge.rest.checks import integer, require_printable
from bridge.rest.dialect import DialectError, Failure
from bridge.rest.fields import Check, FieldError, Values, Violation

MAX_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A field that can be filtered and sorted by: its name on the bus, the check of a value, what null means for it."""

    bus_name: str
    check: Check
    null: str | None = None

    @property
    def is_text(self) -> bool:
        """Whether LIKE applies."""
        return self.null is not None


Columns = Mapping[str, Column]


def number_column(bus_name: str) -> Column:
    """A column of integers; values may be decimal texts."""
    return Column(bus_name, integer(-(2**63), 2**63 - 1, decimal=True))


def text_column(bus_name: str) -> Column:
    """A column of texts; an absent one is shown and found as an empty one."""
    return Column(bus_name, _check_text, "")


def time_column(bus_name: str) -> Column:
    """A column of times; values are ISO 8601 texts."""
    return Column(bus_name, _check_time)


def conditions(columns: Columns, text: str) -> list[Values]:
    """The conditions for the bus; raises DialectError."""
    return [_condition(columns, key, value) for key, value in parse_object("filter", text).items()]


def _condition(columns: Columns, key: str, value: Any) -> Values:
    operator, name = _split_key(columns, key)
    column = columns[name]
    try:
        return {"field": column.bus_name, "op": operator.lower(), "value": OPERATORS[operator](column, value)}
    except FieldError:
        raise DialectError(Failure(400, f"invalid value for {key}")) from None


def _split_key(columns: Columns, key: str) -> tuple[str, str]:
    if key in columns:
        return "EQ", key
    operator, _, name = key.partition("_")
    if not name or not operator.isupper():
        raise DialectError(Failure(400, f"unknown field: {key}"))
    if operator not in OPERATORS:
        raise DialectError(Failure(400, f"unknown operator: {operator}"))
    if name not in columns:
        raise DialectError(Failure(400, f"unknown field: {name}"))
    return operator, name


def _check_single(column: Column, value: Any) -> Any:
    return column.check(value)


def _check_list(column: Column, value: Any) -> list[Any]:
    values = value.split(",") if isinstance(value, str) else value
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise FieldError(Violation.NOT_LIST)
    return [column.check(item) for item in values]


def _check_pair(column: Column, value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise FieldError(Violation.NOT_LIST)
    return [column.check(end) for end in value]


def _check_part(column: Column, value: Any) -> Any:
    if not column.is_text:
        raise FieldError(Violation.NOT_TEXT)
    return column.check(value)


def _check_null(column: Column, value: Any) -> str | None:
    if value is not None:
        raise FieldError(Violation.FORMAT)
    return column.null


def _check_nullable(column: Column, value: Any) -> Any:
    return column.null if value is None else column.check(value)


OPERATORS: dict[str, Callable[[Column, Any], Any]] = {
    **dict.fromkeys(("EQ", "NE", "GT", "GTE", "LT", "LTE"), _check_single),
    **dict.fromkeys(("IN", "NOTIN"), _check_list),
    "BETWEEN": _check_pair,
    **dict.fromkeys(("LIKE", "NOTLIKE"), _check_part),
    "IS": _check_null,
    "NOT": _check_nullable,
}


def _check_text(value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError(Violation.NOT_TEXT)
    require_printable(value.strip())
    return value.strip()


def _check_time(value: Any) -> str:
    text = _check_text(value)
    try:
        moment = datetime.fromisoformat(text)
        (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldError(Violation.FORMAT) from None
    return text
