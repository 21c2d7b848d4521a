"""The query parameter `filter` (REST contract section 3.2): conditions on the fields that an entity shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.dialect import Failure, Rejected
from bridge.dialects.rbac.sources import json_text
from bridge.fields import Check, Fault, Kind, Values, integer, printable

VALUES = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A field that an entity shows: its name on the bus, how a value is read, and what an empty one is there."""

    to: str
    read: Check
    empty: str | None = None

    @property
    def is_text(self) -> bool:
        """Whether it can contain something."""
        return self.empty is not None


Columns = Mapping[str, Column]


def number(to: str) -> Column:
    """A column of integers; they may be given as decimal strings."""
    return Column(to, integer(-(2**63), 2**63 - 1, decimal=True))


def line(to: str) -> Column:
    """A column of texts; an absent one is shown, and found, as an empty one."""
    return Column(to, _text, "")


def moment(to: str) -> Column:
    """A column of times, given as ISO-8601 texts."""
    return Column(to, _moment)


def conditions(columns: Columns, text: str) -> list[Values]:
    """The conditions as the bus wants them; raises Rejected."""
    return [_condition(columns, key, value) for key, value in json_text("filter", text).items()]


def _condition(columns: Columns, key: str, value: Any) -> Values:
    operator, name = _split(columns, key)
    column = columns[name]
    try:
        return {"field": column.to, "op": operator.lower(), "value": OPERATORS[operator](column, value)}
    except Fault:
        raise Rejected(Failure(400, f"invalid value for {key}")) from None


def _split(columns: Columns, key: str) -> tuple[str, str]:
    if key in columns:
        return "EQ", key
    operator, _, name = key.partition("_")
    if not name or not operator.isupper():
        raise Rejected(Failure(400, f"unknown field: {key}"))
    if operator not in OPERATORS:
        raise Rejected(Failure(400, f"unknown operator: {operator}"))
    if name not in columns:
        raise Rejected(Failure(400, f"unknown field: {name}"))
    return operator, name


def _one(column: Column, value: Any) -> Any:
    return column.read(value)


def _several(column: Column, value: Any) -> list[Any]:
    values = value.split(",") if isinstance(value, str) else value
    if not isinstance(values, list) or len(values) > VALUES:
        raise Fault(Kind.NOT_LIST)
    return [column.read(each) for each in values]


def _two(column: Column, value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise Fault(Kind.NOT_LIST)
    return [column.read(end) for end in value]


def _part(column: Column, value: Any) -> Any:
    if not column.is_text:
        raise Fault(Kind.NOT_TEXT)
    return column.read(value)


def _empty(column: Column, value: Any) -> str | None:
    if value is not None:
        raise Fault(Kind.FORMAT)
    return column.empty


def _not_empty(column: Column, value: Any) -> Any:
    return column.empty if value is None else column.read(value)


OPERATORS: dict[str, Callable[[Column, Any], Any]] = {
    **dict.fromkeys(("EQ", "NE", "GT", "GTE", "LT", "LTE"), _one),
    **dict.fromkeys(("IN", "NOTIN"), _several),
    "BETWEEN": _two,
    **dict.fromkeys(("LIKE", "NOTLIKE"), _part),
    "IS": _empty,
    "NOT": _not_empty,
}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Fault(Kind.NOT_TEXT)
    printable(value.strip())
    return value.strip()


def _moment(value: Any) -> str:
    given = _text(value)
    try:
        moment = datetime.fromisoformat(given)
        (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Fault(Kind.FORMAT) from None
    return given
