"""Documents as they are stored: encoded, so that nobody shares them, with the keys that must be unique."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import bson
from bson import CodecOptions
from pymongo import IndexModel
from pymongo.errors import DocumentTooLarge

from testing.store.filters import matches
from testing.store.ordering import OrderKey, order_key
from testing.store.paths import values_at

LARGEST = 16 * 1024 * 1024  # bytes
OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
UniqueKey = tuple[str, OrderKey]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A document that never changes; `unique` are its keys in unique indexes."""

    raw: bytes
    row: Mapping[str, Any]
    unique: frozenset[UniqueKey]

    @property
    def key(self) -> OrderKey:
        """Its place in the collection."""
        return order_key(self.row["_id"])

    def copy(self) -> dict[str, Any]:
        """Return a document that the caller may change."""
        return bson.decode(self.raw, OPTIONS)


def make_row(row: Mapping[str, Any], indexes: Iterable[Mapping[str, Any]]) -> StoredRow:
    """Encode a document. Raises what the driver raises for one that cannot be stored."""
    raw = bson.encode(row)
    if len(raw) > LARGEST:
        raise DocumentTooLarge(f"the document has {len(raw)} bytes, MongoDB takes {LARGEST}")
    stored = bson.decode(raw, OPTIONS)
    return StoredRow(raw, stored, frozenset(key for index in indexes for key in _unique_keys(stored, index)))


def as_stored(value: Any) -> Any:
    """Return a filter, an update or a pipeline with its values as the database gets them."""
    return bson.decode(bson.encode({"": value}), OPTIONS)[""]


def index_description(model: IndexModel) -> dict[str, Any]:
    """Return an index's name, keys and options."""
    document = model.document
    return {**document, "key": [*document["key"].items()]}


def _unique_keys(row: Mapping[str, Any], index: Mapping[str, Any]) -> Iterator[UniqueKey]:
    if not index.get("unique") or not matches(row, index.get("partialFilterExpression", {})):
        return
    paths = [path for path, _ in index["key"]]
    shared = {path.rpartition(".")[0] for path in paths}
    prefix = shared.pop() if len(shared) == 1 else ""
    elements = values_at(row, prefix) if prefix else [row]
    each = [part for element in elements for part in (element if isinstance(element, list) else [element])]
    for part in each:
        fields = [_key_values(part, path.removeprefix(f"{prefix}.") if prefix else path) for path in paths]
        for values in product(*fields):
            yield index["name"], order_key([*values])


def _key_values(part: Any, path: str) -> list[Any]:
    found = values_at(part, path)
    values = [value for each in found for value in (each if isinstance(each, list) else [each])]
    return values or [None]
