"""Strict checks of what a client gave: nothing is converted, the first fault of a field is reported.

Checks and rules made here tell their JSON Schema as well (`schema_of`), so that the documents say what is checked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from contracts.types import plain

Check = Callable[[Any], Any]
Rule = Callable[[str], None]
Values = dict[str, Any]
Schema = Mapping[str, Any]
T = TypeVar("T")

_DECIMAL = re.compile(r"-?[0-9]{1,19}")


class Kind(StrEnum):
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


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """A check or a rule that tells its JSON Schema."""

    run: Callable[[Any], T]
    schema: Schema

    def __call__(self, value: Any) -> T:
        """Check the value; raises Fault."""
        return self.run(value)


def schema_of(check: Callable[..., Any]) -> dict[str, Any]:
    """The JSON Schema of a check or a rule, an empty one where it tells none."""
    return dict(check.schema) if isinstance(check, Told) else {}


class Fault(Exception):
    """What is wrong with the field `at` (e.g. `accounts[0].integration`); `limit` is the number that it missed."""

    def __init__(self, kind: Kind, limit: int = 0, at: str = "") -> None:
        super().__init__(f"{at}: {kind}")
        self.kind = kind
        self.limit = limit
        self.at = at

    def under(self, key: str) -> "Fault":
        """The same fault, seen from the object or list that holds the field."""
        inner = f".{self.at}" if self.at and not self.at.startswith("[") else self.at
        return Fault(self.kind, self.limit, key + inner)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request: `to` is its name on the bus, `absent` are the values that count as not given."""

    key: str
    check: Check
    required: bool = True
    to: str = ""
    alias: str = ""
    absent: tuple[Any, ...] = (None,)


def checked(fields: tuple[Field, ...], given: Mapping[str, Any]) -> Values:
    """The checked values by their names on the bus, without what is absent; raises the first Fault."""
    values, faults = gathered(fields, given)
    if faults:
        raise faults[0]
    return values


def gathered(fields: tuple[Field, ...], given: Mapping[str, Any]) -> tuple[Values, list[Fault]]:
    """The good values as `checked` gives them, and one Fault for each of the others, in the order of the fields."""
    values: Values = {}
    faults: list[Fault] = []
    for field in fields:
        try:
            value = one(field, given)
        except Fault as fault:
            faults.append(fault)
            continue
        if value is not None:
            values[field.to or field.key] = value
    return values, faults


def one(field: Field, given: Mapping[str, Any]) -> Any:
    """The checked value of one field, None when it is absent; raises its Fault."""
    values = [given[key] for key in (field.key, field.alias) if key and given.get(key) not in field.absent]
    try:
        if not values and field.required:
            raise Fault(Kind.MISSING)
        found = [field.check(value) for value in values]
        if len(found) == 2 and found[0] != found[1]:
            raise Fault(Kind.FORMAT)
    except Fault as fault:
        raise fault.under(field.key) from None
    return found[0] if found else None


def text(*rules: Rule, trim: bool = True) -> Check:
    """A text with something in it, trimmed unless it is a password; the rules apply in their order."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Fault(Kind.NOT_TEXT)
        if not value.strip():
            raise Fault(Kind.BLANK)
        kept = value.strip() if trim else value
        for rule in rules:
            rule(kept)
        return kept

    schema = {"type": "string", "minLength": 1}
    return Told(check, schema | {key: value for rule in rules for key, value in schema_of(rule).items()})


def printable(text: str) -> None:
    """No control characters."""
    try:
        plain(text)
    except ValueError:
        raise Fault(Kind.CONTROL) from None


def longest(limit: int) -> Rule:
    """At most so many code points."""

    def rule(text: str) -> None:
        if len(text) > limit:
            raise Fault(Kind.LONG, limit)

    return Told(rule, {"maxLength": limit})


def shortest(limit: int) -> Rule:
    """At least so many code points."""

    def rule(text: str) -> None:
        if len(text) < limit:
            raise Fault(Kind.SHORT, limit)

    return Told(rule, {"minLength": limit})


def fits(test: Callable[[str], bool], **schema: Any) -> Rule:
    """The test holds for the whole text; `schema` says in JSON Schema what it asks for."""

    def rule(text: str) -> None:
        if not test(text):
            raise Fault(Kind.FORMAT)

    return Told(rule, schema)


def among(*values: str) -> Rule:
    """One of these values."""
    return fits(frozenset(values).__contains__, enum=list(values))


def matches(pattern: str) -> Rule:
    """The whole text has this form, a regular expression."""
    form = re.compile(pattern)
    return fits(lambda text: form.fullmatch(text) is not None, pattern=f"^{pattern}$")


def integer(low: int, high: int, *, bits: int = 64, decimal: bool = False) -> Check:
    """A JSON integer of so many bits, no boolean; with `decimal` a text of digits too."""

    def check(value: Any) -> int:
        number = int(value) if decimal and isinstance(value, str) and _DECIMAL.fullmatch(value.strip()) else value
        if type(number) is not int or not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise Fault(Kind.NOT_INTEGER)
        if number < low:
            raise Fault(Kind.LOW, low)
        if number > high:
            raise Fault(Kind.HIGH, high)
        return number

    return Told(check, {"type": "integer", "minimum": low, "maximum": high})


def each(item: Check, limit: int) -> Check:
    """A list of at most `limit` items, checked one by one."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Fault(Kind.NOT_LIST)
        if len(value) > limit:
            raise Fault(Kind.LONG, limit)
        return [_item(item, index, inner) for index, inner in enumerate(value)]

    return Told(check, {"type": "array", "items": schema_of(item), "maxItems": limit})


def record(*fields: Field) -> Check:
    """An object with these fields; others are ignored."""

    def check(value: Any) -> Values:
        if not isinstance(value, dict):
            raise Fault(Kind.NOT_OBJECT)
        return checked(fields, value)

    return Told(check, object_schema(fields))


def object_schema(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The JSON Schema of an object with these fields."""
    schema = {"type": "object", "properties": {field.key: schema_of(field.check) for field in fields}}
    required = [field.key for field in fields if field.required]
    return schema | ({"required": required} if required else {})


def _item(item: Check, index: int, value: Any) -> Any:
    try:
        return item(value)
    except Fault as fault:
        raise fault.under(f"[{index}]") from None
