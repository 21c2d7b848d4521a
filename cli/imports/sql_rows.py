"""Rows of tables from a dump: COPY blocks of pg_dump, INSERT statements of mysqldump, one statement at a time."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from cli.imports.content import LONGEST
from cli.imports.row import Fields, Row, UnreadableFile

Lines = Iterator[tuple[int, str]]
_TableRow = tuple[str, Fields | str]

_COPY = re.compile(r"COPY (\S+) \((.*)\) FROM stdin;", re.IGNORECASE)
_STATEMENT = re.compile(r"\s*(?:INSERT(?: IGNORE)?|REPLACE)\s+INTO\s|\s*CREATE TABLE\s", re.IGNORECASE)
_TOKEN = re.compile(
    r"""\s+ | --[^\n]*\n | /\*.*?\*/
    | '(?P<text>[^'\\]*(?:(?:\\.|'')[^'\\]*)*)'(?!')
    | [`"](?P<name>[^`"]*)[`"]
    | (?P<word>[^\s'`"(),;]+)
    | (?P<mark>[(),;])""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_ESCAPE = re.compile(rf"{_ESCAPE.pattern}|''", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "Z": "\x1a"}
_NO_COLUMNS = {"PRIMARY", "KEY", "UNIQUE", "CONSTRAINT", "INDEX", "FULLTEXT", "CHECK", "FOREIGN", "SPATIAL"}


def sql_rows(texts: Iterator[str]) -> Iterator[Row]:
    """Yield the rows with their tables, by their positions in these from 1. Raises `UnreadableFile`."""
    lines = ((number, text.rstrip("\r\n") + "\n") for number, text in enumerate(texts, 1))
    positions: Counter[str] = Counter()
    for table, fields in _table_rows(lines):
        positions[table] += 1
        yield Row(positions[table], fields, table)


def _table_rows(lines: Lines) -> Iterator[_TableRow]:
    columns: dict[str, list[str]] = {}  # of each table, as CREATE TABLE lists them
    for number, line in lines:
        if copied := _COPY.match(line):
            names = [name.strip(' "').lower() for name in copied[2].split(",")]
            yield from _copied_rows(_table(copied[1]), names, lines)
        elif _STATEMENT.match(line):
            yield from _statement_rows(_tokens(number, line, lines), columns)


def _copied_rows(table: str, names: list[str], lines: Lines) -> Iterator[_TableRow]:
    for _, line in lines:
        cells = line.rstrip("\n").split("\t")
        if cells == ["\\."]:
            return
        yield table, _fields(names, [_unescape_copied(cell) for cell in cells])
    raise UnreadableFile(f"the dump is cut off within table {table}")


def _unescape_copied(cell: str) -> str | None:
    if "\\" not in cell:
        return cell
    return None if cell == "\\N" else _ESCAPE.sub(_unescaped_letter, cell)


def _unescaped_letter(found: re.Match[str]) -> str:
    return _LETTERS.get(found[1], found[1]) if found[1] else "'"


class _Token(NamedTuple):
    kind: str
    value: str


def _tokens(number: int, text: str, lines: Lines) -> Iterator[_Token]:
    """Yield the tokens of one statement, which may go on over many lines."""
    at = 0
    while True:
        while found := _TOKEN.match(text, at):
            at = found.end()
            if kind := found.lastgroup:
                yield _Token(kind, found[kind])
            if found["mark"] == ";":
                return
        following = next(lines, None)
        if following is None or len(text) - at > LONGEST:
            raise UnreadableFile(f"the statement that goes on at line {number} is not closed")
        number, text, at = following[0], text[at:] + following[1], 0


def _statement_rows(tokens: Iterator[_Token], columns: dict[str, list[str]]) -> Iterator[_TableRow]:
    head = [token.value for token in _until_bracket(tokens)[:-1]]
    if not head:
        return
    has_values = head[-1].upper() == "VALUES"
    table = _table(head[-2 if has_values else -1])
    if head[0].upper() == "CREATE":
        columns[table] = [cell[0].value.lower() for cell in _cells(tokens) if _is_column(cell)]
        return
    names = columns.get(table, []) if has_values else [cell[0].value.lower() for cell in _cells(tokens)]
    if not has_values:
        _until_bracket(tokens)
    while cells := _cells(tokens):
        yield table, _fields(names, [_value(cell) for cell in cells])
        if _has_ended(tokens):
            return


def _has_ended(tokens: Iterator[_Token]) -> bool:
    """Take what stands between two rows, a comma and a bracket; anything else ends the rows."""
    between = [token.value for token in islice(tokens, 1)]
    return between != [","] or not _until_bracket(tokens)


def _until_bracket(tokens: Iterator[_Token]) -> list[_Token]:
    """Take the tokens up to the next opening bracket, itself included; empty at the end of the statement."""
    taken = []
    for token in tokens:
        taken.append(token)
        if token.value == "(" and token.kind == "mark":
            return taken
    return []


def _cells(tokens: Iterator[_Token]) -> list[list[_Token]]:
    """Take the cells up to the bracket that closes them; what stands in inner brackets is left out."""
    cells: list[list[_Token]] = [[]]
    depth = 1
    for token in tokens:
        if token.kind != "mark":
            cells[-1] += [token] * (depth == 1)
            continue
        depth += {"(": 1, ")": -1}.get(token.value, 0)
        if not depth:
            break
        if token.value == "," and depth == 1:
            cells.append([])
    return [cell for cell in cells if cell]


def _fields(names: list[str], values: list[str | None]) -> Fields | str:
    if len(values) == len(names):
        return dict(zip(names, values, strict=True))
    return f"the row has {len(values)} values, its table {len(names) or 'no known'} columns"


def _value(cell: list[_Token]) -> str | None:
    *_, token = cell
    if token.kind == "text":
        return _QUOTED_ESCAPE.sub(_unescaped_letter, token.value)
    return None if token.value.upper() == "NULL" else token.value


def _is_column(cell: list[_Token]) -> bool:
    return cell[0].kind == "name" or cell[0].value.upper() not in _NO_COLUMNS


def _table(name: str) -> str:
    return re.sub(r'[`"]', "", name).rpartition(".")[2].lower()
