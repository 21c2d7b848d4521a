"""A table on standard output, whose first column is what other commands take: it is never cut or wrapped."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from contracts.harmless import harmless_text

OTHERS = 44  # columns of the screen that the other cells have at least
UNBOUNDED = 100_000


def print_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below a heading: on a terminal cells are wrapped, in a pipe each row is one line."""
    rows = [[harmless_text(cell) for cell in row] for row in rows]
    console = Console(markup=False, emoji=False, highlight=False)
    longest = max(len(row[0]) for row in [heading, *rows])
    console.width = max(console.width, longest + OTHERS) if console.is_terminal else UNBOUNDED
    table = Table(box=None, pad_edge=False)
    table.add_column(heading[0], no_wrap=True, min_width=longest)
    for name in heading[1:]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, crop=False)
