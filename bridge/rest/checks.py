"""The checks and text rules that the tables' fields are made of; each raises FieldError."""

import re
from collections.abc import Callable
from typing import Any

from bridge.rest.fields import (
    Check,
    DescribedCheck,
    FieldError,
    InputField,
    TextRule,
    Values,
    Violation,
    check_fields,
    object_schema,
    schema_of,
)
from contracts.types import refuse_control_characters, refuse_unreadable_characters

DECIMAL = re.compile(r"-?[0-9]{1,19}")


def text(*rules: TextRule, trim: bool = True) -> Check:
    """A text that is not blank, trimmed unless it is a password; the rules apply in their order."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise FieldError(Violation.NOT_TEXT)
        if not value.strip():
            raise FieldError(Violation.BLANK)
        kept = value.strip() if trim else value
        for rule in rules:
            rule(kept)
        return kept

    schema = {"type": "string", "minLength": 1}
    return DescribedCheck(check, schema | {key: value for rule in rules for key, value in schema_of(rule).items()})


def integer(low: int, high: int, *, bits: int = 64, decimal: bool = False) -> Check:
    """A JSON integer of so many bits, not a boolean; with `decimal` also a text of digits."""

    def check(value: Any) -> int:
        number = int(value) if decimal and isinstance(value, str) and DECIMAL.fullmatch(value.strip()) else value
        if type(number) is not int or not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise FieldError(Violation.NOT_INTEGER)
        if number < low:
            raise FieldError(Violation.LOW, low)
        if number > high:
            raise FieldError(Violation.HIGH, high)
        return number

    return DescribedCheck(check, {"type": "integer", "minimum": low, "maximum": high})


def list_of(item: Check, limit: int) -> Check:
    """A list of at most `limit` items, checked one by one."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise FieldError(Violation.NOT_LIST)
        if len(value) > limit:
            raise FieldError(Violation.LONG, limit)
        return [_check_item(item, index, inner) for index, inner in enumerate(value)]

    return DescribedCheck(check, {"type": "array", "items": schema_of(item), "maxItems": limit})


def object_of(*fields: InputField) -> Check:
    """An object with these fields; others are ignored."""

    def check(value: Any) -> Values:
        if not isinstance(value, dict):
            raise FieldError(Violation.NOT_OBJECT)
        return check_fields(fields, value)

    return DescribedCheck(check, object_schema(fields))


def require_printable(text: str) -> None:
    """Refuse control characters."""
    try:
        refuse_control_characters(text)
    except ValueError:
        raise FieldError(Violation.CONTROL) from None


def require_readable(text: str) -> None:
    """Refuse what no username may contain: control, private-use and unassigned characters."""
    try:
        refuse_unreadable_characters(text)
    except ValueError:
        raise FieldError(Violation.CONTROL) from None


def max_length(limit: int) -> TextRule:
    """At most so many code points."""

    def check(text: str) -> None:
        if len(text) > limit:
            raise FieldError(Violation.LONG, limit)

    return DescribedCheck(check, {"maxLength": limit})


def min_length(limit: int) -> TextRule:
    """At least so many code points."""

    def check(text: str) -> None:
        if len(text) < limit:
            raise FieldError(Violation.SHORT, limit)

    return DescribedCheck(check, {"minLength": limit})


def predicate(holds: Callable[[str], bool], **schema: Any) -> TextRule:
    """The predicate holds for the whole text; `schema` states it in JSON Schema."""

    def check(text: str) -> None:
        if not holds(text):
            raise FieldError(Violation.FORMAT)

    return DescribedCheck(check, schema)


def one_of(*values: str) -> TextRule:
    """One of these values."""
    return predicate(frozenset(values).__contains__, enum=list(values))


def pattern(expression: str) -> TextRule:
    """The regular expression matches the whole text."""
    compiled = re.compile(expression)
    return predicate(lambda text: compiled.fullmatch(text) is not None, pattern=f"^{expression}$")


def _check_item(item: Check, index: int, value: Any) -> Any:
    try:
        return item(value)
    except FieldError as error:
        raise error.nest_under(f"[{index}]") from None
