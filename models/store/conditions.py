"""Conditions of a search as MongoDB filters, with values checked against the type of their field."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from models.errors.base import ValueUnfit
from models.store.client import BsonDict

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
INT64 = 2**63
EMPTY: list[Any] = [None, []]
LONGEST_TEXT = 3 * 255  # stored texts have up to 255 characters, each of which is folded to up to 3
MAX_VALUES = 1000


@dataclass(frozen=True, slots=True)
class SearchField:
    """A searchable field: the path of its value and of its case-folded copy (the same path if it has none).

    `indexed` is a path that holds the case-folded value too and begins an index after the status, "" if there is none.
    `trigrams_of` are the fields one of which has the value, if trigrams of them are stored.
    """

    path: str
    kind: Literal["text", "int", "ints", "time"]
    folded: str
    indexed: str
    trigrams_of: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Return the text trimmed, in NFC and case-folded: texts with equal results are the same without letter case."""
    return _fold_case(text.strip())


def _fold_case(text: str) -> str:
    if text.isascii():
        return text.lower()  # the same result, three times faster
    return unicodedata.normalize("NFC", text).casefold()


def text_field(
    name: str, folded: bool = True, indexed: str | None = None, trigrams_of: tuple[str, ...] = ()
) -> SearchField:
    """A text field, with a case-folded copy below `folded` unless it needs none."""
    copy = f"folded.{name}" if folded else name
    return SearchField(name, "text", copy, copy if indexed is None else indexed, trigrams_of)


def number_field(name: str, path: str | None = None) -> SearchField:
    """An integer field."""
    return _plain_field(path or name, "int")


def number_list_field(name: str) -> SearchField:
    """A list of integers: a condition holds if one of them meets it, `ne` and `notin` if all do."""
    return _plain_field(name, "ints")


def time_field(name: str) -> SearchField:
    """A time field."""
    return _plain_field(name, "time")


def _plain_field(path: str, kind: Literal["int", "ints", "time"]) -> SearchField:
    return SearchField(path, kind, path, path)


def condition_filter(field: SearchField, op: str, value: Any, ignore_case: bool) -> BsonDict:
    """Return the filter of one condition. Raises `ValueUnfit`."""
    path = field.folded if ignore_case and field.kind == "text" else field.path
    if op in ("is", "not") and value is None:
        return {path: {"$in" if op == "is" else "$nin": EMPTY}}
    exact = {path: _OPERATORS[op](_TypedValue(field, ignore_case), value)}
    if op == "eq" and field.indexed not in (path, ""):
        return exact | {field.indexed: {"$eq": fold(value)}}  # follows from the other one, and has an index
    return exact


def contained_part(value: Any, ignore_case: bool) -> str:
    """Return what the case-folded value contains of every row that meets `like`; an empty text if that is not known."""
    if not isinstance(value, str):
        return ""
    if ignore_case:
        return _fold_case(value)
    # as written, the last letter may be one with an accent that follows it
    return fold(value)[:-1] if value.isascii() else ""


@dataclass(frozen=True, slots=True)
class _TypedValue:
    field: SearchField
    ignore_case: bool

    def parse(self, value: Any) -> Any:
        if self.field.kind in ("int", "ints"):
            return _parse_int(value)
        if not isinstance(value, str) or _CONTROL.search(value):
            raise ValueUnfit(f"`{self.field.path}` is compared with a text without control characters")
        if self.field.kind == "time":
            return _parse_time(value)
        return fold(value) if self.ignore_case else value

    def parse_list(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueUnfit(f"`{self.field.path}` takes a list here")
        if len(value) > MAX_VALUES:
            raise ValueUnfit(f"`{self.field.path}` takes a list of at most {MAX_VALUES} values")
        return [self.parse(item) for item in value]

    def pattern(self, value: Any) -> BsonDict:
        if self.field.kind != "text":
            raise ValueUnfit(f"`{self.field.path}` is no text: like and notlike compare texts")
        self.parse(value)
        part = _fold_case(value) if self.ignore_case else value
        return {"$regex": re.escape(part)} if len(part) <= LONGEST_TEXT else {"$in": []}


def _parse_int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -INT64 <= value < INT64:
        raise ValueUnfit("the field is compared with an integer of at most 64 bits")
    return value


def _parse_time(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueUnfit("the field is compared with an ISO-8601 time") from error


def _range_filter(typed: _TypedValue, value: Any) -> BsonDict:
    ends = typed.parse_list(value)
    if len(ends) != 2:
        raise ValueUnfit("between takes a list of two values")
    within = {"$gte": ends[0], "$lte": ends[1]}
    return {"$elemMatch": within} if typed.field.kind == "ints" else within


_OPERATORS: dict[str, Callable[[_TypedValue, Any], BsonDict]] = {
    "eq": lambda typed, value: {"$eq": typed.parse(value)},
    "is": lambda typed, value: {"$eq": typed.parse(value)},
    "ne": lambda typed, value: {"$ne": typed.parse(value)},
    "not": lambda typed, value: {"$ne": typed.parse(value)},
    "gt": lambda typed, value: {"$gt": typed.parse(value)},
    "gte": lambda typed, value: {"$gte": typed.parse(value)},
    "lt": lambda typed, value: {"$lt": typed.parse(value)},
    "lte": lambda typed, value: {"$lte": typed.parse(value)},
    "in": lambda typed, value: {"$in": typed.parse_list(value)},
    "notin": lambda typed, value: {"$nin": typed.parse_list(value)},
    "between": _range_filter,
    "like": lambda typed, value: typed.pattern(value),
    "notlike": lambda typed, value: {"$not": typed.pattern(value)},
}
