"""Users from CSV: one row a line, or several lines where a cell holds a line break."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from cli.imports.row import Fields, Row, UnreadableFile

_ESCAPE = re.compile(r"\\(.)")
_LETTERS = {"n": "\n", "t": "\t", "0": "\0"}
LONGEST = 20  # lines of one row
UNCLOSED = "a quotation mark is opened on this line and not closed"
TOO_LONG = f"the line has a cell of more than {csv.field_size_limit():,} characters"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written: its delimiter, its columns if it has no heading, else the names that are allowed.

    Without `known` every name is allowed. One that `is_escaped` is as `mysql --batch` writes it: a quotation mark is a
    letter, and breaks in a cell are written with a backslash.
    """

    delimiter: str = ","
    columns: Sequence[str] = ()
    known: Collection[str] = ()
    is_escaped: bool = False


def csv_rows(texts: Iterator[str], layout: Layout) -> Iterator[Row]:
    """Yield the rows by the numbers of their first lines. Raises `UnreadableFile` for a first line without names."""
    lines = _Lines(texts if layout.is_escaped else _split_lines(texts), layout)
    columns = [*layout.columns] or _columns(lines.take() or "", layout)
    while (text := lines.take()) is not None:
        number = lines.number
        cells = _cells(text, layout)
        if cells is None and len(text) <= csv.field_size_limit():
            cells = lines.take_continued(text, len(columns))
        if cells is None:
            yield Row(number, UNCLOSED if len(text) <= csv.field_size_limit() else TOO_LONG)
        elif any(cells):
            yield Row(number, _row(columns, cells))


def _split_lines(texts: Iterator[str]) -> Iterator[str]:
    """Yield lines that end as on Unix, Windows or an old Macintosh; nothing else that looks like an end is one."""
    for text in texts:
        yield from io.StringIO(text, newline="")


class _Lines:
    """Lines that can be looked at before they are taken; `number` is that of the last one taken."""

    def __init__(self, texts: Iterator[str], layout: Layout) -> None:
        self._texts = texts
        self._layout = layout
        self._ahead: deque[str] = deque()
        self.number = 0

    def take(self) -> str | None:
        """Return the next line, or None at the end."""
        text = self._ahead.popleft() if self._ahead else next(self._texts, None)
        self.number += text is not None
        return text

    def take_continued(self, text: str, width: int) -> list[str] | None:
        """Take the lines with which an unclosed line makes a row of `width` cells; None if no such lines follow."""
        self._ahead.extend(islice(self._texts, LONGEST - 1 - len(self._ahead)))
        for count, line in enumerate([*self._ahead], 1):
            text += line
            cells = _cells(text, self._layout)
            if cells is not None and len(cells) == width:
                for _ in range(count):
                    self.take()
                return cells
        return None


def _cells(text: str, layout: Layout) -> list[str] | None:
    if layout.is_escaped:
        return [_ESCAPE.sub(_unescape, cell) for cell in text.rstrip("\r\n").split(layout.delimiter)]
    try:
        rows = [*csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=layout.delimiter)]
    except csv.Error:
        return None
    return rows[0] if rows else []


def _unescape(found: re.Match[str]) -> str:
    return _LETTERS.get(found[1], found[1])


def _columns(text: str, layout: Layout) -> list[str]:
    cells = _cells(text, layout)
    if cells is None:
        raise UnreadableFile(f"the first line must name the columns: {UNCLOSED}")
    columns = [name.strip() for name in cells]
    if layout.known:
        columns = [name.lower() for name in columns]
        _refuse_unknown(columns, layout.known)
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        places = [f"{number} ({name})" for number, name in enumerate(columns, 1) if name in twice]
        raise UnreadableFile(f"the first line names a column twice: columns {', '.join(places)}")
    return columns


def _refuse_unknown(columns: list[str], known: Collection[str]) -> None:
    # a first line without names is a person's: only what is nearly the name of a column is shown
    unknown = {number: name for number, name in enumerate(columns, 1) if name not in known}
    near = {number: get_close_matches(name, known, 1, 0.7) for number, name in unknown.items()}
    told = [f"{number} ({unknown[number]}: {names[0]}?)" if names else f"{number}" for number, names in near.items()]
    if told:
        raise UnreadableFile(
            f"the first line must name the columns: unknown names in columns {', '.join(told)};"
            f" expected some of {', '.join(known)}; --map COLUMN=FIELD renames a column, --map COLUMN= leaves it out"
        )


def _row(columns: list[str], cells: list[str]) -> Fields | str:
    if len(cells) != len(columns):
        return f"the line has {len(cells)} cells, the first line {len(columns)}"
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip() and name}
