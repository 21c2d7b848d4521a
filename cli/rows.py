"""Reading users from a CSV or JSON lines file, in batches that fit one call."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.catalog import MAX_IMPORT
from contracts.imports import ImportedUser

MAX_ROWS = 1000
MAX_BYTES = MAX_IMPORT - 64 * 1024  # room for what surrounds the rows
LISTS = ("role_ids", "group_ids")
SUFFIXES = {".csv": "csv", ".jsonl": "json", ".ndjson": "json", ".json": "json"}

Line = tuple[int, dict[str, Any] | str]  # its number, and the row or why it is none


class Unreadable(Exception):
    """The file cannot be read as users: what is wrong with it, and what was expected."""


@dataclass(slots=True)
class Batch:
    """Rows with their line numbers, what is wrong with lines that are no rows, and where in the file it ends."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    length: int = 0
    end: int = 0

    @property
    def first(self) -> int:
        """The line that it begins with."""
        return min([*self.lines[:1], *self.faults])

    def takes(self, length: int) -> bool:
        """Whether a row of this length still fits."""
        return len(self.rows) + len(self.faults) < MAX_ROWS and self.length + length <= MAX_BYTES


class Source:
    """The lines of a file; `read` is how many bytes have been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read = 0

    def batches(self) -> Iterator[Batch]:
        """All rows, the same batches from the same file. Raises `Unreadable`."""
        batch = Batch()
        for number, row in self._lines():
            length = len(json.dumps(row, ensure_ascii=False).encode()) + 1
            if not batch.takes(length) and (batch.rows or batch.faults):
                yield batch
                batch = Batch()
            _add(batch, number, row, length)
            batch.end = self.read
        if batch.rows or batch.faults:
            yield batch

    def _lines(self) -> Iterator[Line]:
        kind = SUFFIXES.get(self.path.suffix.lower())
        if kind is None:
            raise Unreadable(f"the name must end in {', '.join(SUFFIXES)}, which tells the format")
        return _from_csv(self._texts()) if kind == "csv" else _from_json(self._texts())

    def _texts(self) -> Iterator[str]:
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                self.read += len(line)
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise Unreadable(f"line {number} is not UTF-8: save the file as UTF-8") from error


def _add(batch: Batch, number: int, row: dict[str, Any] | str, length: int) -> None:
    if isinstance(row, str):
        batch.faults[number] = row
    else:
        batch.rows.append(row)
        batch.lines.append(number)
        batch.length += length


def _from_json(texts: Iterator[str]) -> Iterator[Line]:
    for number, text in enumerate(texts, 1):
        if text.strip():
            yield number, _object(text)


def _object(text: str) -> dict[str, Any] | str:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"the line is not JSON: {error}"
    return row if isinstance(row, dict) else "the line is not a JSON object"


def _from_csv(texts: Iterator[str]) -> Iterator[Line]:
    reader = csv.reader(texts)
    columns = [name.strip().lower() for name in next(reader, [])]
    if unknown := sorted({*columns} - {*ImportedUser.model_fields}):
        known = ", ".join(ImportedUser.model_fields)
        raise Unreadable(f"unknown columns in the first line: {', '.join(unknown)}; expected some of {known}")
    for cells in reader:
        if any(cells):
            fits = len(cells) <= len(columns)
            yield reader.line_num, _row(columns, cells) if fits else "the line has more cells than the first one"


def _row(columns: list[str], cells: list[str]) -> dict[str, Any]:
    return {name: _value(name, cell.strip()) for name, cell in zip(columns, cells, strict=False) if cell.strip()}


def _value(name: str, cell: str) -> Any:
    if name == "id":
        return _number(cell)
    if name in LISTS:
        return [_number(part.strip()) for part in cell.split(";") if part.strip()]
    if name == "accounts":
        return [_account(part) for part in cell.split(";") if part.strip()]
    return cell


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 20 else text


def _account(text: str) -> dict[str, str]:
    integration, _, account = text.partition(":")
    return {"integration": integration.strip(), "account": account.strip()}
