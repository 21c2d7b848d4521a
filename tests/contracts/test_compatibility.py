"""A released name keeps what it takes and what it tells: a breaking difference needs a new name or version."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.breaking import breaking

FOLDER = Path(__file__).parents[2] / "docs" / "bus"
RELEASED = sorted((FOLDER / "released").glob("*.json"))
TEXT = {"type": "string"}


def body(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": [*required]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (body(a=TEXT), body(a=TEXT)),
        (body(a=TEXT), body(a=TEXT, b=TEXT)),
        (body(("a",), a=TEXT), body(a=TEXT)),
        (body(a=TEXT), body(a={"anyOf": [TEXT, {"type": "null"}]})),
        (body(a={"type": "integer"}), body(a={"type": "number"})),
        (body(a={"enum": ["x"]}), body(a={"enum": ["x", "y"]})),
        (body(a={**TEXT, "const": "x"}), body(a=TEXT)),
        (body(a={**TEXT, "maxLength": 5}), body(a={**TEXT, "maxLength": 6})),
        (body(a={**TEXT, "pattern": "^a$"}), body(a=TEXT)),
        (body(a=TEXT), {"$ref": "#/$defs/A", "$defs": {"A": body(a=TEXT)}}),
    ],
)
def test_what_takes_as_much_as_before_breaks_nothing(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert breaking(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (body(a=TEXT), body(), ".a: is no longer taken"),
        (body(a=TEXT), body(("a",), a=TEXT), ".a: is required now"),
        (body(), body(("a",), a=TEXT), ".a: is required now"),
        (body(a=TEXT), body(a={"type": "integer"}), ".a: string is no longer taken"),
        (body(a={"anyOf": [TEXT, {"type": "null"}]}), body(a=TEXT), ".a: null is no longer taken"),
        (body(a={"enum": ["x", "y"]}), body(a={"enum": ["x"]}), ".a: fewer values"),
        (body(a=TEXT), body(a={**TEXT, "enum": ["x"]}), ".a: fewer values"),
        (body(a=TEXT), body(a={**TEXT, "maxLength": 5}), ".a: maxLength is narrower"),
        (body(a={**TEXT, "minLength": 1}), body(a={**TEXT, "minLength": 2}), ".a: minLength is narrower"),
        (body(a=TEXT), body(a={**TEXT, "pattern": "^a$"}), ".a: another pattern"),
        (
            body(a={"type": "array", "items": body(b=TEXT)}),
            body(a={"type": "array", "items": {"$ref": "#/$defs/B"}}) | {"$defs": {"B": body()}},
            ".a[].b: is no longer taken",
        ),
    ],
)
def test_what_takes_less_than_before_is_told_with_its_place(old: dict[str, Any], new: dict[str, Any], why: str) -> None:
    assert breaking(old, new) == [why]


def test_a_reply_that_leaves_a_field_out_breaks_its_readers() -> None:
    fields = {"a": TEXT, "b": TEXT}
    for required, why in ((["a", "b"], ".b: is required now"), (["a"], ".b: is no longer told")):
        released = {"type": "object", "properties": fields, "required": required}
        present = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
        assert breaking(present, released) == [why]
        assert breaking(released, released) == []


def kept(released: Path) -> list[str]:
    """What the schema of this name has lost since it was released."""
    file = FOLDER / "schemas" / released.name
    if not file.exists():
        return ["is gone: serve it beside its successor"]
    before, present = json.loads(released.read_text()), json.loads(file.read_text())
    written = released.stem.endswith(".reply") or released.stem.startswith("event.")
    return breaking(*((present, before) if written else (before, present)))


def test_every_released_schema_is_kept() -> None:
    lost = {released.stem: kept(released) for released in RELEASED}
    assert {name: why for name, why in lost.items() if why} == {}
