"""Expressions of pipelines: fields, variables and the operators that models use."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from testing.store.ordering import order_key
from testing.store.paths import MISSING
from testing.store.unsupported import NotInMemory

Row = Mapping[str, Any]


def evaluate(expression: Any, row: Row, variables: Row) -> Any:
    """Return the value of an expression for a document, `MISSING` for that of no field. Raises `NotInMemory`."""
    if isinstance(expression, str) and expression.startswith("$"):
        return _value_at(expression, row, variables)
    if isinstance(expression, list):
        return [_or_none(evaluate(each, row, variables)) for each in expression]
    if not isinstance(expression, Mapping):
        return expression
    if len(expression) == 1 and (name := next(iter(expression))).startswith("$"):
        if name not in _OPERATORS:
            raise NotInMemory(f"the operator {name} of expressions")
        return _OPERATORS[name](expression[name], row, variables)
    raise NotInMemory(f"the expression {expression!r}")


def _value_at(path: str, row: Row, variables: Row) -> Any:
    if not path.startswith("$$"):
        return _follow(row, path[1:].split("."))
    name, *steps = path[2:].split(".")
    if name == "NOW":
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if name not in variables:
        raise NotInMemory(f"the variable {path}")
    return _follow(variables[name], steps)


def _follow(value: Any, steps: list[str]) -> Any:
    # of a list, the values of its elements: other than in filters, there are no positions
    for place, step in enumerate(steps):
        if isinstance(value, list):
            found = (_follow(each, steps[place:]) for each in value if isinstance(each, dict))
            return [each for each in found if each is not MISSING]
        value = value.get(step, MISSING) if isinstance(value, Mapping) else MISSING
    return value


def _or_none(value: Any) -> Any:
    return None if value is MISSING else value


def _if_null(arguments: list[Any], row: Row, variables: Row) -> Any:
    for argument in arguments:
        value = evaluate(argument, row, variables)
        if value is not MISSING and value is not None:
            break
    return value


def _reduce(argument: Row, row: Row, variables: Row) -> Any:
    value = evaluate(argument["initialValue"], row, variables)
    for each in evaluate(argument["input"], row, variables):
        value = evaluate(argument["in"], row, {**variables, "value": value, "this": each})
    return value


def _lists(arguments: list[Any], row: Row, variables: Row) -> list[list[Any]] | None:
    lists = [_or_none(evaluate(argument, row, variables)) for argument in arguments]
    return None if None in lists else lists


def _concat(arguments: list[Any], row: Row, variables: Row) -> Any:
    lists = _lists(arguments, row, variables)
    return lists and [value for each in lists for value in each]


def _set_union(arguments: list[Any], row: Row, variables: Row) -> Any:
    values = _concat(arguments, row, variables)
    return values and _as_set(values)


def _set_intersection(arguments: list[Any], row: Row, variables: Row) -> Any:
    lists = _lists(arguments, row, variables)
    if lists is None:
        return None
    first, *others = lists
    keys = [{order_key(value) for value in each} for each in others]
    return _as_set([value for value in first if all(order_key(value) in each for each in keys)])


def _as_set(values: list[Any]) -> list[Any]:
    by_key = {order_key(value): value for value in values}
    return [by_key[key] for key in sorted(by_key)]


def _is_element(arguments: list[Any], row: Row, variables: Row) -> bool:
    value, values = (_or_none(evaluate(argument, row, variables)) for argument in arguments)
    return order_key(value) in {order_key(each) for each in values}


def _is_less(arguments: list[Any], row: Row, variables: Row) -> bool:
    one, other = (evaluate(argument, row, variables) for argument in arguments)
    return bool(_or_lowest(one) < _or_lowest(other))


def _or_lowest(value: Any) -> tuple[Any, ...]:
    return (0,) if value is MISSING else order_key(value)


def _add(arguments: list[Any], row: Row, variables: Row) -> Any:
    first, *others = (evaluate(argument, row, variables) for argument in arguments)
    for other in others:
        first = first + (timedelta(milliseconds=other) if isinstance(first, datetime) else other)
    return first


_OPERATORS: dict[str, Callable[[Any, Row, Row], Any]] = {
    "$add": _add,
    "$concatArrays": _concat,
    "$ifNull": _if_null,
    "$in": _is_element,
    "$lt": _is_less,
    "$reduce": _reduce,
    "$setIntersection": _set_intersection,
    "$setUnion": _set_union,
}
