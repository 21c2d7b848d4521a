"""Users from JSON: one object a line, an array of objects, or an object with such an array in it."""

import json
from collections.abc import Collection, Iterator

from cli.imports.content import Content
from cli.imports.json_members import json_members
from cli.imports.row import Fields, Row, UnreadableFile

HEAD = 64 * 1024  # characters that tell lines from a document


def json_rows(content: Content, arrays: Collection[str], unread: Collection[str] = ()) -> Iterator[Row]:
    """Yield the objects by the numbers of their lines, those of arrays by their positions from 1.

    `arrays` are the dotted paths of arrays of people, "" if the document is one; the objects of those that are
    `unread` have no fields. Raises `UnreadableFile`.
    """
    head = next(content.pieces(), "").lstrip()[:HEAD]
    if not head:
        return iter(())
    if head[0] == "[":
        return _member_rows(content, {""}, unread)
    if _has_lines(content.name, head, arrays):
        return _line_rows(content, unread)
    return _member_rows(content, {*arrays} - {""}, unread)


def _has_lines(name: str, head: str, arrays: Collection[str]) -> bool:
    """Whether each line is an object: none that holds people, and none that goes on over several lines."""
    if name.endswith((".jsonl", ".ndjson")):
        return True
    line = head.partition("\n")[0]
    if any(f'"{path.partition(".")[0]}"' in line for path in arrays if path):
        return False
    return isinstance(_json_object(line, "line"), dict)


def _member_rows(content: Content, arrays: Collection[str], unread: Collection[str]) -> Iterator[Row]:
    number = 0
    for number, (path, text) in enumerate(json_members(content.pieces(), arrays), 1):
        yield Row(number, {} if path in unread else _json_object(text, "record"), path)
    if not number and arrays != {""}:
        raise UnreadableFile(f"no people in it: expected an array, or an object with {' or '.join(sorted(arrays))}")


def _line_rows(content: Content, unread: Collection[str]) -> Iterator[Row]:
    for number, line in enumerate(content.lines(), 1):
        if line.strip():
            yield Row(number, {} if "" in unread else _json_object(line, "line"))


def _json_object(text: str, name: str) -> Fields | str:
    try:
        row = json.loads(text)
    except RecursionError:
        return f"the {name} is nested too deeply"
    except ValueError as error:
        return f"the {name} is not JSON: {error}"
    return row if isinstance(row, dict) else f"the {name} is not a JSON object"
