"""One condition of a search as a MongoDB filter, its value checked against the field's type."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from models.errors.base import ValueUnfit
from models.store import Row

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
INT64 = 2**63
EMPTY: list[Any] = [None, []]
LONGEST_PATTERN = 32_000  # bytes, of the 32,764 that MongoDB takes


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be searched: where its value lies, and where its folded copy (the same where there is none)."""

    path: str
    kind: Literal["text", "int", "ints", "time"]
    folded: str


def fold(text: str) -> str:
    """How texts compare without letter case: NFC, trimmed, Unicode case folding."""
    return _caseless(text.strip())


def _caseless(text: str) -> str:
    if text.isascii():
        return text.lower()  # the same, three times faster
    return unicodedata.normalize("NFC", text).casefold()


def text(name: str, folded: bool = True) -> Field:
    """A text field, with a folded copy below `folded` unless its values are always folded."""
    return Field(name, "text", f"folded.{name}" if folded else name)


def number(name: str, path: str | None = None) -> Field:
    """An integer field."""
    return Field(path or name, "int", path or name)


def numbers(name: str) -> Field:
    """A list of integers: a condition holds where it does for one of them, `ne` and `notin` where for all."""
    return Field(name, "ints", name)


def time(name: str) -> Field:
    """A time field."""
    return Field(name, "time", name)


def matches(field: Field, op: str, value: Any, ignore_case: bool) -> Row:
    """The filter of one condition. Raises `ValueUnfit`."""
    path = field.folded if ignore_case and field.kind == "text" else field.path
    if op in ("is", "not") and value is None:
        return {path: {"$in" if op == "is" else "$nin": EMPTY}}
    return {path: _OPERATORS[op](_Typed(field, ignore_case), value)}


@dataclass(frozen=True, slots=True)
class _Typed:
    field: Field
    ignore_case: bool

    def one(self, value: Any) -> Any:
        if self.field.kind in ("int", "ints"):
            return _int(value)
        if not isinstance(value, str) or _CONTROL.search(value):
            raise ValueUnfit(f"`{self.field.path}` is compared with a text without control characters")
        if self.field.kind == "time":
            return _moment(value)
        return fold(value) if self.ignore_case else value

    def many(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueUnfit(f"`{self.field.path}` takes a list here")
        return [self.one(item) for item in value]

    def pattern(self, value: Any) -> Row:
        if self.field.kind != "text":
            raise ValueUnfit(f"`{self.field.path}` is no text: like and notlike compare texts")
        self.one(value)
        pattern = re.escape(_caseless(value) if self.ignore_case else value)
        if len(pattern.encode()) > LONGEST_PATTERN:
            raise ValueUnfit(f"`{self.field.path}` is compared with a text of at most some 10,000 characters here")
        return {"$regex": pattern}


def _int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -INT64 <= value < INT64:
        raise ValueUnfit("the field is compared with an integer of at most 64 bits")
    return value


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueUnfit("the field is compared with an ISO-8601 time") from error


def _between(typed: _Typed, value: Any) -> Row:
    ends = typed.many(value)
    if len(ends) != 2:
        raise ValueUnfit("between takes a list of two values")
    within = {"$gte": ends[0], "$lte": ends[1]}
    return {"$elemMatch": within} if typed.field.kind == "ints" else within


_OPERATORS: dict[str, Callable[[_Typed, Any], Row]] = {
    "eq": lambda typed, value: {"$eq": typed.one(value)},
    "is": lambda typed, value: {"$eq": typed.one(value)},
    "ne": lambda typed, value: {"$ne": typed.one(value)},
    "not": lambda typed, value: {"$ne": typed.one(value)},
    "gt": lambda typed, value: {"$gt": typed.one(value)},
    "gte": lambda typed, value: {"$gte": typed.one(value)},
    "lt": lambda typed, value: {"$lt": typed.one(value)},
    "lte": lambda typed, value: {"$lte": typed.one(value)},
    "in": lambda typed, value: {"$in": typed.many(value)},
    "notin": lambda typed, value: {"$nin": typed.many(value)},
    "between": _between,
    "like": lambda typed, value: typed.pattern(value),
    "notlike": lambda typed, value: {"$not": typed.pattern(value)},
}
