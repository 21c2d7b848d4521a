"""Read users from a file, in batches that fit one call."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.imports.content import Content
from cli.imports.csv_rows import Layout, csv_rows
from cli.imports.json_rows import json_rows
from cli.imports.record import LeftOut
from cli.imports.row import Fields, Row, UnreadableFile
from cli.imports.shaping import Shaping
from cli.imports.sql_rows import sql_rows
from contracts.imports import ImportUsers

MAX_ROWS = 1000
MAX_BYTES = ImportUsers.max_body - 64 * 1024  # room for what surrounds the rows
MAX_DEPTH = 64
JSON = (".jsonl", ".ndjson", ".json")
DELIMITERS = {".csv": ",", ".tsv": "\t"}
SQL = ".sql"
_TO_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


@dataclass(slots=True)
class RowBatch:
    """Rows with their numbers, what is wrong with lines that hold no row, and the offset at which it ends.

    `left_out` says why people of the file are not to be imported.
    """

    rows: list[Fields] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    length: int = 0
    end: int = 0

    @property
    def first(self) -> int:
        """The number of its first line."""
        return min([*self.lines[:1], *self.faults, *self.left_out])

    @property
    def size(self) -> int:
        """How many records it has."""
        return len(self.rows) + len(self.faults) + len(self.left_out)

    def has_room(self, length: int) -> bool:
        """Whether a row of so many bytes still fits."""
        return self.size < MAX_ROWS and self.length + length <= MAX_BYTES

    def add(self, number: int, row: Fields | str, length: int) -> None:
        """Add a row, or what is wrong with it."""
        if isinstance(row, str):
            self.faults[number] = row
        else:
            self.rows.append(row)
            self.lines.append(number)
            self.length += length


class UserFile:
    """A file of users, as `shaping` reads it."""

    def __init__(self, path: Path, shaping: Shaping | None = None) -> None:
        self.path = path
        self.shaping = shaping or Shaping()
        self._content = Content(path)
        self._suffix = Path(self._content.name).suffix

    def check(self) -> int:
        """Read all of it before anything is sent, and keep what belongs to people but stands elsewhere.

        Returns the number of records of people. Raises `UnreadableFile`.
        """
        people = 0
        side = self.shaping.system.side
        for row in self._rows({"", *self.shaping.system.people} - side.keys()):  # of people only the brackets matter
            key = side.get(row.place)
            people += key is None
            if key is not None and isinstance(row.fields, dict):
                self.shaping.around.side.add(row.place, row.fields.get(key), row.fields)
        return people

    def batches(self) -> Iterator[RowBatch]:
        """Yield all rows, in the same batches from the same file. Raises `UnreadableFile`."""
        batch = RowBatch()
        for number, given in self._people():
            row, length = (given, 0) if isinstance(given, LeftOut) else _check_row(given)
            if batch.size and not batch.has_room(length):
                yield batch
                batch = RowBatch()
            if isinstance(row, LeftOut):
                batch.left_out[number] = str(row)
            else:
                batch.add(number, row, length)
            batch.end = self._content.read
        if batch.size:
            yield batch

    def _people(self) -> Iterator[tuple[int, Fields | str | LeftOut]]:
        """Yield people with their numbers; of several arrays or tables they are counted on, so that no two have one."""
        people = (row for row in self._rows() if row.place not in self.shaping.system.side)
        for position, row in enumerate(people, 1):
            shaped = self._shape(row)
            if shaped is not None:
                yield position if row.place else row.number, shaped

    def _shape(self, row: Row) -> Fields | str | LeftOut | None:
        if isinstance(row.fields, str):
            return row.fields
        try:
            return self.shaping.shape(row.fields, self._suffix in DELIMITERS)
        except LeftOut as error:
            return error
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            return f"the record is not as that system writes it ({type(error).__name__})"

    def _rows(self, unread: Collection[str] = ()) -> Iterator[Row]:
        system = self.shaping.system
        if self._suffix in JSON:
            return json_rows(self._content, {*system.people, *system.side}, unread)
        if self._suffix in DELIMITERS:
            is_escaped = self._suffix in system.escaped
            layout = Layout(DELIMITERS[self._suffix], system.columns, self.shaping.allowed_columns, is_escaped)
            return csv_rows(self._content.lines(), layout)
        if self._suffix == SQL and not system.known:
            return self._table_rows()
        raise UnreadableFile(
            f"the name must end in {', '.join([*JSON, *DELIMITERS, SQL])}, which tells the format, with or without .gz;"
            f" {SQL} needs --from"
        )

    def _table_rows(self) -> Iterator[Row]:
        tables = (*self.shaping.system.people, *self.shaping.system.side)
        for row in sql_rows(self._content.lines()):
            if row.place in tables or (row.place.endswith("_users") and "users" in tables):
                yield row


def _check_row(row: Fields | str) -> tuple[Fields | str, int]:
    """Return the row with its length in bytes; what no call can carry becomes a fault."""
    if isinstance(row, str):
        return row, 0
    if _is_deep(row):
        return f"the row is nested deeper than {MAX_DEPTH} levels", 0
    try:
        length = len(_TO_JSON.encode(row).encode()) + 1
    except ValueError:
        return "the row has half a surrogate pair or a number that is not finite", 0
    return (row, length) if length <= MAX_BYTES else (f"the row is longer than {MAX_BYTES:,} bytes", 0)


def _is_deep(row: Fields) -> bool:
    level: list[Any] = [row]
    for _ in range(MAX_DEPTH):
        inner = [[*each.values()] if isinstance(each, dict) else each for each in level]
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True
