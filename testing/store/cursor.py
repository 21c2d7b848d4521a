"""The rows that a query finds."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Self

from testing.store.ordering import sort_key
from testing.store.paths import MISSING, walk
from testing.store.unsupported import NotInMemory

Row = dict[str, Any]
SortKeys = Sequence[tuple[str, int]]


def sort_rows(rows: Sequence[Row], keys: SortKeys) -> list[Row]:
    """Return rows in the order of these keys."""
    ordered = [*rows]
    for path, direction in reversed(keys):
        steps = path.split(".")
        ordered.sort(key=lambda row: sort_key(_sort_values(row, steps), direction), reverse=direction == -1)
    return ordered


def _sort_values(row: Row, steps: list[str]) -> list[Any]:
    return [None if value is MISSING else value for value in walk(row, steps)]


class MemoryCursor:
    """Reads when its first row is asked for; `read` returns all rows in a given order, `shape` leaves fields out."""

    def __init__(
        self, read: Callable[[], list[Row]], shape: Callable[[Row], Row], check_hint: Callable[[Any], None]
    ) -> None:
        self._read = read
        self._shape = shape
        self._check_hint = check_hint
        self._keys: SortKeys = ()
        self._skip = 0
        self._limit = 0

    def sort(self, keys: str | SortKeys, direction: int = 1) -> Self:
        """Order the rows by one path, or by pairs of a path and 1 or -1."""
        self._keys = [(keys, direction)] if isinstance(keys, str) else [*keys]
        return self

    def skip(self, count: int) -> Self:
        """Leave out the first rows."""
        self._skip = count
        return self

    def limit(self, count: int) -> Self:
        """Return so many rows at most; 0 is no limit."""
        self._limit = count
        return self

    def hint(self, index: Any) -> Self:
        """Check that there is such an index: every query reads all rows here."""
        self._check_hint(index)
        return self

    def batch_size(self, _: int) -> Self:
        """Change nothing: all rows are in memory."""
        return self

    async def to_list(self, length: int | None = None) -> list[Row]:
        """Return all rows."""
        if length is not None:
            raise NotInMemory("to_list with a length")
        end = self._skip + self._limit if self._limit else None
        return [self._shape(row) for row in sort_rows(self._read(), self._keys)[self._skip : end]]

    async def __aiter__(self) -> AsyncIterator[Row]:
        for row in await self.to_list():
            yield row

    async def close(self) -> None:
        """Change nothing: nothing is held."""
