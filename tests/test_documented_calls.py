"""docs/documented-calls.md names every sample of the five documents, and a test of each that exists."""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLES: dict[str, dict[str, list[str]]] = json.loads((ROOT / "tests/samples/documented.json").read_text())
ROW = re.compile(r"^\| (.+?) \| `(.+?)` \| (.+?) \| `(.+?)` \|$")


def rows() -> list[tuple[str, ...]]:
    lines = (ROOT / "docs/documented-calls.md").read_text().splitlines()
    return [found.groups() for line in lines if (found := ROW.match(line))]


def defined_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_sample_has_one_row_and_every_row_a_sample() -> None:
    samples = [(seed, call, one) for seed, calls in SAMPLES.items() for call, all in calls.items() for one in all]
    assert sorted(row[:3] for row in rows()) == sorted(samples)


def test_all_five_documents_are_there() -> None:
    assert [*SAMPLES] == ["000 foreseen", "001 rbac", "002 passport", "003 starcedu", "004 usermgmt"]
    assert {seed: len(calls) for seed, calls in SAMPLES.items()} == {
        "000 foreseen": 3,
        "001 rbac": 12,
        "002 passport": 5,
        "003 starcedu": 3,
        "004 usermgmt": 6,
    }


def test_every_named_test_exists() -> None:
    named = [row[3].split("::") for row in rows()]
    known = {path: defined_in(path) for path, _ in named}
    assert [f"{path}::{name}" for path, name in named if name not in known[path] or not name.startswith("test_")] == []
