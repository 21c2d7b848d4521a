"""Aggregations: the stages that models use."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from testing.store.cursor import sort_rows
from testing.store.expressions import evaluate
from testing.store.filters import matches
from testing.store.ordering import order_key
from testing.store.paths import MISSING, values_at
from testing.store.shapes import shape_row
from testing.store.unsupported import NotInMemory

Row = dict[str, Any]
Rows = Sequence[Row]
Stage = Callable[["Aggregation", Any, Rows], Rows]
LOOKUP = {"from", "localField", "foreignField", "let", "pipeline", "as"}


class Aggregation:
    """Runs stages; `read` returns the rows of a collection, `variables` are those of the pipeline around it."""

    def __init__(self, read: Callable[[str], Rows], variables: Mapping[str, Any] | None = None) -> None:
        self.read = read
        self.variables = variables or {}

    def run(self, rows: Rows, stages: Sequence[Mapping[str, Any]]) -> Rows:
        """Return the rows that the stages make of some. Raises `NotInMemory`."""
        for stage in stages:
            ((name, argument),) = stage.items()
            if name not in _STAGES:
                raise NotInMemory(f"the stage {name}")
            rows = _STAGES[name](self, argument, rows)
        return rows

    def find(self, where: Mapping[str, Any], rows: Rows) -> Rows:
        """Return the rows that meet a filter."""
        return [row for row in rows if matches(row, where, self.variables)]

    def project(self, shape: Mapping[str, Any], rows: Rows) -> Rows:
        """Return the fields that a shape names."""
        return [shape_row(row, shape, self.variables) for row in rows]

    def set_fields(self, fields: Mapping[str, Any], rows: Rows) -> Rows:
        """Return the rows with computed fields."""
        if any("." in name for name in fields):
            raise NotInMemory("$set of a path in a pipeline")
        return [{**row, **{name: evaluate(each, row, self.variables) for name, each in fields.items()}} for row in rows]

    def join(self, lookup: Mapping[str, Any], rows: Rows) -> Rows:
        """Return the rows with those of another collection that belong to them."""
        if unknown := lookup.keys() - LOOKUP:
            raise NotInMemory(f"$lookup with {sorted(unknown)}")
        others = self.read(lookup["from"])
        return [{**row, lookup["as"]: self._rows_of(lookup, row, others)} for row in rows]

    def _rows_of(self, lookup: Mapping[str, Any], row: Row, others: Rows) -> list[Row]:
        given = {name: evaluate(each, row, self.variables) for name, each in lookup.get("let", {}).items()}
        if "localField" in lookup:
            wanted = _keys(row, lookup["localField"])
            others = [other for other in others if not wanted.isdisjoint(_keys(other, lookup["foreignField"]))]
        inner = Aggregation(self.read, {**self.variables, **given})
        return [*inner.run(others, lookup.get("pipeline", ()))]

    def split(self, facets: Mapping[str, Any], rows: Rows) -> Rows:
        """Return one row with the outcome of several pipelines."""
        return [{name: [*self.run(rows, stages)] for name, stages in facets.items()}]


def _keys(row: Row, path: str) -> set[Any]:
    found = values_at(row, path)
    return {order_key(value) for each in found or [None] for value in (each if isinstance(each, list) else [each])}


def _unwind(_: Aggregation, path: Any, rows: Rows) -> Rows:
    if not isinstance(path, str) or "." in path:
        raise NotInMemory(f"$unwind of {path!r}")
    name = path.removeprefix("$")
    found = [(row, row.get(name, MISSING)) for row in rows]
    return [
        {**row, name: each}
        for row, value in found
        if value is not MISSING and value is not None
        for each in (value if isinstance(value, list) else [value])
    ]


_STAGES: dict[str, Stage] = {
    "$match": Aggregation.find,
    "$project": Aggregation.project,
    "$set": Aggregation.set_fields,
    "$lookup": Aggregation.join,
    "$facet": Aggregation.split,
    "$unwind": _unwind,
    "$sort": lambda _, keys, rows: sort_rows(rows, [*keys.items()]),
    "$skip": lambda _, count, rows: rows[count:],
    "$limit": lambda _, count, rows: rows[:count],
    "$count": lambda _, name, rows: [{name: len(rows)}] if rows else [],
}
