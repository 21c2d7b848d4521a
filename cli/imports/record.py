"""A person as another system writes it, taken apart by that system's adapter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cli.imports.row import Fields
from cli.imports.side_rows import SideRows
from cli.imports.telephones import telephone
from cli.imports.times import parse_time

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NO_FIELD = "userbus has no field for it"
NO_TIME = "not a time between 1900 and now"


def mark(is_set: bool | None) -> int | None:
    """Return a flag as `user.import` takes it; None for one that is not set, which is the default."""
    return 1 if is_set else None


class LeftOut(Exception):
    """A person who is not to be imported; the text says why."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter needs beside the record: rows from elsewhere in the file, and the options of the command.

    `hash_config` are the parameters of password hashes that stand in no export; `country` is that of telephones
    without a country, as in "CN".
    """

    side: SideRows
    hash_config: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None


class Record:
    """Fields by dotted names, in camelCase or snake_case; `losses` tells what nobody has taken."""

    def __init__(self, fields: Fields, around: Surroundings) -> None:
        self._left: Fields = {}
        _add_flat("", fields, self._left)
        self._around = around
        self._lost: dict[str, str] = {}

    def take(self, *names: str) -> Any:
        """Return the first of these fields that has a value, and count all of them as carried over."""
        taken = None
        for spelling in _spellings(names):
            value = self._left.pop(spelling, None)
            if taken is None and not _is_empty(value):
                taken = value
        return taken

    def has(self, name: str) -> bool:
        """Return whether there is such a field that nobody has taken, with a value or without."""
        return name in self._left

    def take_text(self, *names: str) -> str | None:
        """Return it as a text without blanks around it; None for anything but a text or number."""
        value = self.take(*names)
        value = value[0] if isinstance(value, list) else value
        return str(value).strip() or None if isinstance(value, str | int) else None

    def take_name(self, whole: str, *parts: str) -> str | None:
        """Return a name that is whole or in parts."""
        name, texts = self.take_text(whole), [self.take_text(part) for part in parts]
        return name or " ".join(text for text in texts if text) or None

    def take_flag(self, *names: str) -> bool | None:
        """Return whether it says yes, in JSON's, PostgreSQL's or MySQL's words; None where it is absent."""
        text = self.take_text(*names)
        return None if text is None else text.lower() in ("true", "t", "1", "yes")

    def take_telephone(self, *names: str, country: str | None = None, international: bool = False) -> str | None:
        """Return a telephone number; `country` is its own, `international` that it has its calling code without `+`."""
        text = self.take_text(*names)
        return telephone(f"+{text.lstrip('+')}" if text and international else text, country, self._around.country)

    def take_time(self, *names: str) -> str | None:
        """Return a past time as ISO 8601 text, whatever its form; what is none is told as lost."""
        value = self.take(*names)
        moment = None if value is None else parse_time(value)
        if moment is None and value is not None:
            self.report_loss(names[0], NO_TIME)
        return moment

    def take_identity(self, *names: str) -> Fields:
        """Return the id of the person there: `uuid` if it is one, else `external_id`."""
        text = self.take_text(*names)
        return {"uuid": text} if text and _UUID.fullmatch(text) else {"external_id": text}

    def add(self, fields: Fields) -> None:
        """Add fields that stood in a list of names and values."""
        self._left |= fields

    def remove_prefix(self, prefix: str) -> None:
        """Name the fields below a dotted prefix without it."""
        self._left = {name.removeprefix(prefix): value for name, value in self._left.items()}

    def drop(self, *names: str) -> None:
        """Drop fields with which nothing is lost."""
        self.take(*names)

    def report_loss(self, name: str, why: str) -> None:
        """Say that something is not carried over, and why."""
        self._lost[name] = why

    def find_rows(self, place: str, key: Any) -> list[Fields]:
        """Return the rows that stand elsewhere in the file under this key."""
        return self._around.side.find(place, key)

    def hash_config(self, name: str) -> str | None:
        """Return a parameter of password hashes that stands in no export."""
        return self._around.hash_config.get(name)

    @property
    def losses(self) -> dict[str, str]:
        """What is not carried over, and why."""
        left = (name for name, value in self._left.items() if value not in _NOTHING and not _is_empty(value))
        return dict.fromkeys(left, NO_FIELD) | self._lost


_EMPTY: tuple[Any, ...] = (None, "", [], {})
_NO_DATE = re.compile(r"0000-00-00( 00:00:00(\.0+)?)?")  # as MySQL writes it in columns that must have one
_NOTHING: tuple[Any, ...] = (False, "f", "false", "0", "[]", "{}")


def _is_empty(value: Any) -> bool:
    return value in _EMPTY or (isinstance(value, str) and _NO_DATE.fullmatch(value) is not None)


def _add_flat(prefix: str, fields: Fields, flat: Fields) -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            _add_flat(f"{prefix}{name}.", value, flat)
        else:
            flat[prefix + name] = value


@cache
def _spellings(names: tuple[str, ...]) -> list[str]:
    return [*dict.fromkeys(spelling for name in names for spelling in (name, _snake(name)))]


def _snake(name: str) -> str:
    return re.sub("(?<=[a-z0-9])[A-Z]", lambda found: f"_{found[0]}", name).lower()
