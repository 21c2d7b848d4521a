"""Which fields of a document are shown: projections."""

from collections.abc import Mapping
from typing import Any

from testing.store.expressions import evaluate
from testing.store.paths import MISSING
from testing.store.unsupported import NotInMemory

Row = dict[str, Any]


def shape_row(row: Row, shape: Mapping[str, Any] | None, variables: Mapping[str, Any] | None = None) -> Row:
    """Return the fields that a projection names, or all but those that it excludes. Raises `NotInMemory`."""
    if not shape:
        return row
    others = {path: value for path, value in shape.items() if path != "_id"}
    slices = {path: value["$slice"] for path, value in others.items() if _is_slice(value)}
    plain = {path: value for path, value in others.items() if path not in slices}
    if [*shape.values()] == [0] or any(value in (0, False) for value in plain.values()):
        return _exclude(row, shape)
    if not plain and (slices or "_id" not in shape):
        raise NotInMemory(f"the projection {shape!r}")
    shown = _include(row, [path.split(".") for path, value in plain.items() if value in (1, True)] + _as_steps(slices))
    shown = {"_id": row["_id"], **shown} if shape.get("_id", 1) in (1, True) and "_id" in row else shown
    computed = {path: value for path, value in shape.items() if not _is_flag(value) and path not in slices}
    made = {path: evaluate(value, row, variables or {}) for path, value in computed.items()}
    cut = {path: shown[path][:count] for path, count in slices.items() if path in shown}
    return {**shown, **cut, **{path: value for path, value in made.items() if value is not MISSING}}


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | int)


def _is_slice(value: Any) -> bool:
    return isinstance(value, Mapping) and [*value] == ["$slice"]


def _as_steps(slices: Mapping[str, int]) -> list[list[str]]:
    if any("." in path or count <= 0 for path, count in slices.items()):
        raise NotInMemory("a $slice other than the first elements of a field")
    return [[path] for path in slices]


def _exclude(row: Row, shape: Mapping[str, Any]) -> Row:
    if any(value not in (0, False) or "." in path for path, value in shape.items()):
        raise NotInMemory(f"the projection {shape!r}")
    return {name: value for name, value in row.items() if name not in shape}


def _include(value: Any, paths: list[list[str]]) -> Any:
    if isinstance(value, list):
        return [_include(each, paths) for each in value if isinstance(each, dict | list)]
    shown = {}
    for name, inner in value.items():
        below = [steps[1:] for steps in paths if steps[0] == name]
        if any(not steps for steps in below):
            shown[name] = inner
        elif below and isinstance(inner, dict | list):
            shown[name] = _include(inner, below)
    return shown
