"""What an old message may be that a new JSON Schema does not take."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def breaking(old: Json, new: Json) -> list[str]:
    """The differences by which something that fits `old` does not fit `new`, each with its place.

    Removed, newly required and narrowed fields. For what userbus reads, that is (released, present); for what it
    writes, (present, released): whoever knows the released schema must be able to read all that is written now.
    """
    return [*_lost(_Schema(old, old), _Schema(new, new), "")]


class _Schema:
    """A part of a document, its references followed."""

    def __init__(self, part: Any, root: Json) -> None:
        while isinstance(part, dict) and "$ref" in part:
            part = root["$defs"][part["$ref"].rsplit("/", 1)[1]]
        self.part: Json = part if isinstance(part, dict) else {}
        self.root = root

    def below(self, part: Any) -> "_Schema":
        return _Schema(part, self.root)

    @property
    def options(self) -> list["_Schema"]:
        parts: list[Any] = self.part.get("anyOf") or self.part.get("oneOf") or [self.part]
        return [self.below(part) for part in parts]

    @property
    def values(self) -> list[Any] | None:
        return [self.part["const"]] if "const" in self.part else self.part.get("enum")


def _lost(old: _Schema, new: _Schema, at: str) -> Iterator[str]:
    for option in old.options:
        found = [[*_narrowed(option, other, at)] for other in new.options]
        yield from min(found, key=len)


def _narrowed(old: _Schema, new: _Schema, at: str) -> Iterator[str]:
    place = at or "the body"
    if new.part.get("type") not in (None, old.part.get("type"), _wider(old)):
        yield f"{place}: {old.part.get('type')} is no longer taken"
    if new.values is not None and not {*map(repr, old.values or [object()])} <= {*map(repr, new.values)}:
        yield f"{place}: fewer values"
    yield from (f"{place}: {limit} is narrower" for limit in LOWER if _over(new, old, limit))
    yield from (f"{place}: {limit} is narrower" for limit in UPPER if _under(new, old, limit))
    if new.part.get("pattern", old.part.get("pattern")) != old.part.get("pattern"):
        yield f"{place}: another pattern"
    yield from _fields(old, new, at)
    if "items" in new.part:
        yield from _lost(old.below(old.part.get("items")), new.below(new.part["items"]), f"{at}[]")


def _fields(old: _Schema, new: _Schema, at: str) -> Iterator[str]:
    before, after = old.part.get("properties", {}), new.part.get("properties", {})
    needed = {*new.part.get("required", ())} - {*old.part.get("required", ())}
    yield from (f"{at}.{name}: is required now" for name in sorted(needed))
    if new.part.get("additionalProperties") is not False:  # a view: `new` is the released one, `old` the present
        yield from (f"{at}.{name}: is no longer told" for name in after if name not in before and name not in needed)
    for name in before:
        if name in after:
            yield from _lost(old.below(before[name]), new.below(after[name]), f"{at}.{name}")
        elif new.part.get("additionalProperties") is False:
            yield f"{at}.{name}: is no longer taken"


def _wider(old: _Schema) -> str | None:
    return "number" if old.part.get("type") == "integer" else None


def _over(new: _Schema, old: _Schema, limit: str) -> bool:
    return limit in new.part and (limit not in old.part or new.part[limit] > old.part[limit])


def _under(new: _Schema, old: _Schema, limit: str) -> bool:
    return limit in new.part and (limit not in old.part or new.part[limit] < old.part[limit])
