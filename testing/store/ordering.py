"""MongoDB's order of values of any types, which also says which values are equal."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bson import ObjectId, Timestamp

from testing.store.unsupported import NotInMemory

OrderKey = tuple[Any, ...]
NUMBER = 2
_RANKS: dict[type, tuple[int, Callable[[Any], Any]]] = {
    type(None): (1, lambda _: 0),
    int: (NUMBER, lambda value: value),
    float: (NUMBER, lambda value: value),
    str: (3, lambda value: value),
    dict: (4, lambda value: tuple((order_key(each)[0], name, order_key(each)) for name, each in value.items())),
    list: (5, lambda value: tuple(map(order_key, value))),
    bytes: (6, lambda value: (len(value), value)),
    ObjectId: (7, lambda value: value.binary),
    bool: (8, lambda value: value),
    datetime: (9, lambda value: value),
    Timestamp: (10, lambda value: (value.time, value.inc)),
}


def order_key(value: Any) -> OrderKey:
    """Return what orders a value among all others, and is equal for equal ones. Raises `NotInMemory`."""
    found = _RANKS.get(type(value)) or _inherited_rank(type(value))
    rank, key = found
    return rank, key(value)


def sort_key(found: list[Any], direction: int) -> OrderKey:
    """Return what orders a document by the values at a path: of a list, the least or the greatest one counts."""
    keys: list[OrderKey] = []
    for value in found:
        keys += [order_key(each) for each in value] if isinstance(value, list) and value else [order_key(value)]
    return (min if direction == 1 else max)(keys, default=order_key(None))


def _inherited_rank(kind: type) -> tuple[int, Callable[[Any], Any]]:
    # BSON's 64-bit integers are a class of their own, derived from int
    for base in kind.__mro__[1:]:
        if base in _RANKS:
            return _RANKS[base]
    raise NotInMemory(f"values of the type {kind.__name__}")
