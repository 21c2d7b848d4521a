"""What the cases of tests/faults counted, printed when all of them are done."""

from collections.abc import Callable, Iterable
from typing import Any

CASE, NOTE = "faults case", "faults note"


class Table:
    """Records a case's figures, or a sentence, with its test: the report carries it to the process that prints."""

    def __init__(self, record: Callable[[str, Any], None]) -> None:
        self._record = record

    def add(self, case: str, row: object) -> None:
        """Record a line of figures."""
        self._record(CASE, {"case": case, **vars(row)})

    def note(self, text: str) -> None:
        """Record a sentence below the table."""
        self._record(NOTE, text)


def lines(recorded: Iterable[tuple[str, Any]]) -> list[str]:
    """A line a case, under a line of headings; then the notes."""
    kept = list(recorded)
    rows = [value for name, value in kept if name == CASE]
    cells = [[*map(str, row)] for row in [[*rows[0]], *([*row.values()] for row in rows)]] if rows else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return [*table, *(value for name, value in kept if name == NOTE)]
