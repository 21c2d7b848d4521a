"""What an update makes of a document."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from testing.store.expressions import evaluate
from testing.store.filters import is_operators, matches
from testing.store.ordering import order_key
from testing.store.paths import MISSING
from testing.store.unsupported import NotInMemory

Row = dict[str, Any]
Update = Mapping[str, Any] | Sequence[Mapping[str, Any]]
IDENTIFIED = "$["  # begins a step that stands for the elements that an array filter selects


def update_row(
    row: Row, update: Update, array_filters: Sequence[Mapping[str, Any]] = (), *, is_new: bool = False
) -> Row:
    """Return the document after an update; `is_new` where an upsert makes it. Raises `NotInMemory`."""
    changed = deepcopy(row)
    if not isinstance(update, Mapping):
        return _run_pipeline(changed, update)
    for operator, fields in update.items():
        if operator not in _OPERATORS:
            raise NotInMemory(f"the operator {operator} of updates")
        for path, argument in fields.items() if is_new or operator != "$setOnInsert" else ():
            _apply(changed, operator, path, argument, array_filters)
    if "_id" in row and changed.get("_id") != row["_id"]:
        raise NotInMemory("a change of _id")
    return changed


def _apply(row: Row, operator: str, path: str, argument: Any, array_filters: Sequence[Mapping[str, Any]]) -> None:
    for holder, name in _places(row, path.split("."), array_filters, operator not in _NEED_A_FIELD):
        _OPERATORS[operator](holder, name, argument)


def new_row(where: Mapping[str, Any]) -> Row:
    """Return the document with which an upsert begins: the fields that the filter has equal to values."""
    row: Row = {}
    for path, condition in where.items():
        if path.startswith("$") or "." in path:
            raise NotInMemory(f"an upsert by {path}")
        if not is_operators(condition):
            row[path] = condition
        elif "$eq" in condition:
            row[path] = condition["$eq"]
    return row


def _run_pipeline(row: Row, stages: Sequence[Mapping[str, Any]]) -> Row:
    for stage in stages:
        if [*stage] != ["$set"]:
            raise NotInMemory(f"the stage {[*stage]} of updates")
        row |= {name: evaluate(expression, row, {}) for name, expression in stage["$set"].items()}
    return row


Place = tuple[Any, Any]  # a document or list, and the name or position in it


def _places(value: Any, steps: list[str], array_filters: Sequence[Mapping[str, Any]], make: bool) -> list[Place]:
    if len(steps) == 1:
        return [(value, int(steps[0]) if isinstance(value, list) else steps[0])]
    step, *rest = steps
    inner = value.get(step) if isinstance(value, dict) else None
    if rest[0].startswith(IDENTIFIED):
        chosen = [each for each in inner or () if _is_chosen(each, rest[0], array_filters)]
        return [place for each in chosen for place in _places(each, rest[1:], array_filters, make)]
    if inner is None and make and isinstance(value, dict):
        inner = value[step] = {}
    if inner is None:
        return []
    if not isinstance(inner, dict):
        raise NotInMemory(f"an update through a list or value: {'.'.join(steps)}")
    return _places(inner, rest, array_filters, make)


def _is_chosen(element: Any, step: str, array_filters: Sequence[Mapping[str, Any]]) -> bool:
    name = step.removeprefix(IDENTIFIED).removesuffix("]")
    given = [each for each in array_filters if all(path.split(".")[0] == name for path in each)]
    if len(given) != 1:
        raise NotInMemory(f"{step} without an array filter of its own")
    return matches({name: element}, given[0])


def _set(holder: Any, name: Any, value: Any) -> None:
    holder[name] = value


def _remove(holder: Any, name: Any, _: Any) -> None:
    holder.pop(name, None)


def _increment(holder: Any, name: Any, number: Any) -> None:
    holder[name] = holder.get(name, 0) + number


def _keep(better: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Any], None]:
    def keep(holder: Any, name: Any, value: Any) -> None:
        if name not in holder or better(order_key(value), order_key(holder[name])):
            holder[name] = value

    return keep


def _push(holder: Any, name: Any, given: Any) -> None:
    added: Mapping[str, Any] = given if isinstance(given, Mapping) and "$each" in given else {"$each": [given]}
    if added.keys() - {"$each", "$slice"} or added.get("$slice", -1) >= 0:
        raise NotInMemory(f"$push with {given!r}")
    holder[name] = [*holder.get(name, []), *added["$each"]][added.get("$slice", 0) :]


def _pull(holder: Any, name: Any, condition: Any) -> None:
    if name in holder:
        holder[name] = [element for element in holder[name] if not _is_pulled(element, condition)]


def _is_pulled(element: Any, condition: Any) -> bool:
    if isinstance(condition, Mapping) and not is_operators(condition):
        return isinstance(element, dict) and matches(element, condition)
    return matches({"": element}, {"": condition})


def _rename(holder: Any, name: Any, new: str) -> None:
    if "." in new:
        raise NotInMemory(f"$rename to {new}")
    value = holder.pop(name, MISSING)
    if value is not MISSING:
        holder[new] = value


_OPERATORS: dict[str, Callable[[Any, Any, Any], None]] = {
    "$set": _set,
    "$setOnInsert": _set,
    "$unset": _remove,
    "$inc": _increment,
    "$max": _keep(lambda new, old: bool(new > old)),
    "$min": _keep(lambda new, old: bool(new < old)),
    "$push": _push,
    "$pull": _pull,
    "$rename": _rename,
}
_NEED_A_FIELD = frozenset({"$unset", "$pull", "$rename"})
