"""The values at a path with dots, which leads through the elements of lists."""

from collections.abc import Iterator
from typing import Any

MISSING = object()


def walk(value: Any, steps: list[str]) -> Iterator[Any]:
    """Yield each value at the end of the path, `MISSING` where a document on the way has no such field."""
    if not steps:
        yield value
    elif isinstance(value, dict):
        yield from walk(value[steps[0]], steps[1:]) if steps[0] in value else (MISSING,)
    elif isinstance(value, list):
        yield from _walk_list(value, steps)
    else:
        yield MISSING


def _walk_list(values: list[Any], steps: list[str]) -> Iterator[Any]:
    if steps[0].isdecimal():
        yield from walk(values[int(steps[0])], steps[1:]) if int(steps[0]) < len(values) else (MISSING,)
    for element in values:
        if isinstance(element, dict):
            yield from walk(element, steps)


def values_at(row: Any, path: str) -> list[Any]:
    """Return the values at a path, without `MISSING`."""
    return [value for value in walk(row, path.split(".")) if value is not MISSING]
