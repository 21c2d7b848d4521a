"""What a file of users consists of."""

from typing import Any, NamedTuple

Fields = dict[str, Any]


class Row(NamedTuple):
    """One record: its number in the file, its fields or what is wrong with it, its array or table."""

    number: int
    fields: Fields | str
    place: str = ""


class UnreadableFile(Exception):
    """The file cannot be read as users; the text says what is wrong and what was expected."""
