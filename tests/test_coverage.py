"""Nothing that was added is forgotten elsewhere: tests of requests and problem codes, events, collections."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.catalog import CATALOG, EVENTS
from handlers.problems import problem_codes
from models.store.indexes import INDEXES
from models.store.repository import Repository
from tests.support.source import modules

TESTS = Path(__file__).parent
WALK = TESTS / "support" / "catalogue_walk.py"
FILES = {file for folder in ("access", "flows", "faults", "support") for file in (TESTS / folder).glob("*.py")} - {WALK}
TEXT = "".join(file.read_text() for file in sorted(FILES))


@pytest.mark.parametrize("name", CATALOG)
def test_a_request_is_tested(name: str) -> None:
    noun, _, verb = name.rpartition(".")
    is_in_a_test_of_several = f'"{noun}"' in TEXT and f'}}.{verb}"' in TEXT  # f"{noun}.get"
    is_tested = f'"{name}"' in TEXT or is_in_a_test_of_several or noun == "health"
    assert is_tested, "add a test to tests/flows"


@pytest.mark.parametrize("name", CATALOG)
def test_a_request_is_part_of_the_walk_through_the_catalogue(name: str) -> None:
    """So that tests/flows/test_events.py sees its events, and tests of hostile bodies its body."""
    is_walked = f'"{name}"' in WALK.read_text()
    assert is_walked, "add it to tests/support/catalogue_walk.py"


@pytest.mark.parametrize("code", problem_codes())
def test_a_problem_code_is_tested(code: str) -> None:
    is_tested = f'"{code}"' in TEXT
    assert is_tested, "add a test to tests/flows"


def test_an_emitted_event_is_in_the_catalogue() -> None:
    emitted = {name for tree in modules().values() for name in emitted_names(tree)}
    assert emitted
    assert emitted - EVENTS.keys() == set(), "add it to EVENTS of its noun in contracts"


def test_a_collection_is_created_before_a_transaction_needs_it() -> None:
    used = {repository.collection for repository in repositories()}
    assert len(used) > 10
    assert used - INDEXES.keys() == set(), "add it to INDEXES in models/store/indexes.py"


def emitted_names(tree: ast.Module) -> Iterator[str]:
    """The literal names of events that a module emits."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "emit":
            name = call.args[0]
            choices = (name.body, name.orelse) if isinstance(name, ast.IfExp) else (name,)
            yield from (str(each.value) for each in choices if isinstance(each, ast.Constant))


def repositories(base: type[Repository[Any]] = Repository) -> Iterator[type[Repository[Any]]]:
    """Every repository with a collection."""
    for repository in base.__subclasses__():
        if hasattr(repository, "collection"):
            yield repository
        yield from repositories(repository)
