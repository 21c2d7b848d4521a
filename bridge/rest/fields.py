"""Fields of a request: strict checks, nothing converted, one error a field.

Checks made for the dialects know their JSON Schema (`schema_of`), so that the OpenAPI documents state what is checked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

Check = Callable[[Any], Any]
TextRule = Callable[[str], None]
Values = dict[str, Any]
Schema = Mapping[str, Any]
T = TypeVar("T")


class Violation(StrEnum):
    """What can be wrong with a field."""

    MISSING = "missing"
    NOT_TEXT = "not a text"
    NOT_INTEGER = "not an integer"
    NOT_LIST = "not a list"
    NOT_OBJECT = "not an object"
    BLANK = "blank"
    CONTROL = "control"
    FORMAT = "format"
    SHORT = "short"
    LONG = "long"
    LOW = "low"
    HIGH = "high"


class FieldError(Exception):
    """The field at `path` (e.g. `accounts[0].integration`) is wrong; `limit` is the number that it missed."""

    def __init__(self, violation: Violation, limit: int = 0, path: str = "") -> None:
        super().__init__(f"{path}: {violation}")
        self.violation = violation
        self.limit = limit
        self.path = path

    def nest_under(self, key: str) -> "FieldError":
        """Return the same error with a path that starts at the object or list that holds the field."""
        inner = f".{self.path}" if self.path and not self.path.startswith("[") else self.path
        return FieldError(self.violation, self.limit, key + inner)


@dataclass(frozen=True, slots=True)
class DescribedCheck(Generic[T]):
    """A check or a text rule together with its JSON Schema."""

    function: Callable[[Any], T]
    schema: Schema

    def __call__(self, value: Any) -> T:
        """Check the value; raises FieldError."""
        return self.function(value)


@dataclass(frozen=True, slots=True)
class InputField:
    """One field of a request.

    `bus_name` is its name on the bus if that is not `key`, `alias` another key for it. Values in `absent_values` count
    as not given.
    """

    key: str
    check: Check
    required: bool = True
    bus_name: str = ""
    alias: str = ""
    absent_values: tuple[Any, ...] = (None,)


def check_fields(fields: tuple[InputField, ...], given: Mapping[str, Any]) -> Values:
    """Return the checked values by their names on the bus, without absent ones; raises the first FieldError."""
    values, errors = check_every_field(fields, given)
    if errors:
        raise errors[0]
    return values


def check_every_field(fields: tuple[InputField, ...], given: Mapping[str, Any]) -> tuple[Values, list[FieldError]]:
    """Return the valid values as `check_fields` does, and the errors of the other fields in their order."""
    values: Values = {}
    errors: list[FieldError] = []
    for field in fields:
        try:
            value = check_field(field, given)
        except FieldError as error:
            errors.append(error)
            continue
        if value is not None:
            values[field.bus_name or field.key] = value
    return values, errors


def check_field(field: InputField, given: Mapping[str, Any]) -> Any:
    """Return the checked value of one field, None if it is absent; raises FieldError."""
    values = [given[key] for key in (field.key, field.alias) if key and given.get(key) not in field.absent_values]
    try:
        if not values and field.required:
            raise FieldError(Violation.MISSING)
        checked = [field.check(value) for value in values]
        if len(checked) == 2 and checked[0] != checked[1]:
            raise FieldError(Violation.FORMAT)
    except FieldError as error:
        raise error.nest_under(field.key) from None
    return checked[0] if checked else None


def schema_of(check: Callable[..., Any]) -> dict[str, Any]:
    """The JSON Schema of a check or a text rule; empty if it has none."""
    return dict(check.schema) if isinstance(check, DescribedCheck) else {}


def object_schema(fields: tuple[InputField, ...]) -> dict[str, Any]:
    """The JSON Schema of an object with these fields."""
    schema = {"type": "object", "properties": {field.key: schema_of(field.check) for field in fields}}
    required = [field.key for field in fields if field.required]
    return schema | ({"required": required} if required else {})
