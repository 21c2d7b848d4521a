"""Whether a document meets a filter."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from testing.store.expressions import evaluate
from testing.store.ordering import OrderKey, order_key
from testing.store.paths import MISSING, walk
from testing.store.unsupported import NotInMemory

Row = Mapping[str, Any]
Found = list[Any]


def matches(row: Row, where: Row, variables: Row | None = None) -> bool:
    """Whether a document meets a filter; `variables` are those of the pipeline around it. Raises `NotInMemory`."""
    return all(_meets(row, name, condition, variables or {}) for name, condition in where.items())


def _meets(row: Row, name: str, condition: Any, variables: Row) -> bool:
    if name == "$and":
        return all(matches(row, each, variables) for each in condition)
    if name == "$or":
        return any(matches(row, each, variables) for each in condition)
    if name == "$expr":
        return bool(evaluate(condition, row, variables))
    if name.startswith("$"):
        raise NotInMemory(f"the filter {name}")
    return _meets_all([*walk(row, name.split("."))], condition)


def _meets_all(found: Found, condition: Any) -> bool:
    if isinstance(condition, re.Pattern):
        raise NotInMemory("a compiled pattern: write $regex")
    if not is_operators(condition):
        return _equals(found, condition)
    return all(_apply(operator, found, argument) for operator, argument in condition.items())


def is_operators(condition: Any) -> bool:
    """Whether a condition is made of operators, and no value to be equal to."""
    return isinstance(condition, Mapping) and any(name.startswith("$") for name in condition)


def _apply(operator: str, found: Found, argument: Any) -> bool:
    if operator not in _OPERATORS:
        raise NotInMemory(f"the operator {operator} of filters")
    return _OPERATORS[operator](found, argument)


def _equals(found: Found, wanted: Any) -> bool:
    key = order_key(wanted)
    return any(order_key(value) == key for value in _each(found))


def _each(found: Found) -> Iterator[Any]:
    # a condition on a list holds where one of its elements meets it, or the list as a whole
    for value in found:
        yield None if value is MISSING else value
        if isinstance(value, list):
            yield from value


def _compares(test: Callable[[OrderKey, OrderKey], bool]) -> Callable[[Found, Any], bool]:
    def compare(found: Found, bound: Any) -> bool:
        key = order_key(bound)
        present = (value for value in _each([value for value in found if value is not MISSING]))
        keys = (order_key(value) for value in present)
        return any(each[0] == key[0] and test(each, key) for each in keys)  # values of other types are never met

    return compare


def _is_in(found: Found, wanted: list[Any]) -> bool:
    keys = {order_key(value) for value in wanted}
    return any(order_key(value) in keys for value in _each(found))


def _has_element(found: Found, condition: Any) -> bool:
    elements = [element for value in found if isinstance(value, list) for element in value]
    if is_operators(condition):
        return any(_meets_all([element], condition) for element in elements)
    return any(matches(element, condition) for element in elements if isinstance(element, dict))


def _has_pattern(found: Found, pattern: str) -> bool:
    return any(isinstance(value, str) and re.search(pattern, value) for value in _each(found))


_OPERATORS: dict[str, Callable[[Found, Any], bool]] = {
    "$eq": _equals,
    "$ne": lambda found, value: not _equals(found, value),
    "$gt": _compares(lambda one, other: one > other),
    "$gte": _compares(lambda one, other: one >= other),
    "$lt": _compares(lambda one, other: one < other),
    "$lte": _compares(lambda one, other: one <= other),
    "$in": _is_in,
    "$nin": lambda found, values: not _is_in(found, values),
    "$exists": lambda found, wanted: any(value is not MISSING for value in found) == bool(wanted),
    "$elemMatch": _has_element,
    "$regex": _has_pattern,
    "$not": lambda found, condition: not _meets_all(found, condition),
}
