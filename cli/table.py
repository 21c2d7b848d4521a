"""A table on standard output, whose first column is what other commands take: it is never cut or wrapped."""

from collections.abc import Sequence
from textwrap import wrap

from rich.console import Console
from rich.table import Table

from contracts.harmless import harmless_text

LAST = 24  # columns of the screen that the last cell, which may be a sentence, has at least
GAP = 2
UNBOUNDED = 100_000
INDENT = "  "


def print_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below a heading: on a terminal cells are wrapped between words, in a pipe each row is one line.

    On a terminal that is too narrow for it each row is a paragraph.
    """
    rows = [[harmless_text(cell) for cell in row] for row in rows]
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED
    widths = _least_widths([heading, *rows])
    if sum(widths) + GAP * (len(widths) - 1) > console.width:
        return _print_paragraphs(console, heading, rows)
    table = Table(box=None, pad_edge=False)
    table.add_column(heading[0], no_wrap=True, min_width=widths[0])
    for name, width in zip(heading[1:], widths[1:], strict=True):
        table.add_column(name, overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*row)
    console.print(table, crop=False)


def _least_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    first, *others = zip(*rows, strict=True)
    words = [max(len(word) for cell in column for word in cell.split() or [""]) for column in others[:-1]]
    return [max(map(len, first)), *words, *(min(max(map(len, last)), LAST) for last in others[-1:])]


def _print_paragraphs(console: Console, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        told = [f"{name}: {cell}" for name, cell in zip(heading[1:], row[1:], strict=True)]
        lines = [row[0]]
        for text in ("; ".join(told[:-1]), *told[-1:]):
            lines += wrap(
                text, console.width, initial_indent=INDENT, subsequent_indent=2 * INDENT, break_on_hyphens=False
            )
        console.print("\n".join(lines), soft_wrap=True)
