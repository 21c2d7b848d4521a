"""userbus in memory passes the tests that the real one passes over the bus."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from testing.userbus import MemoryUserbus
from tests import flows
from tests.support.client import Client

LEFT_OUT = {
    "test_webhook_deliveries": "nothing is posted to webhooks",
    "test_webhook_changes": "nothing is posted to webhooks",
    "test_retries": "a fixture of the module empties the ladder before each test",
    "test_a_reply_that_no_queue_takes_leaves_a_log_line_without_its_body": "it is the log of a real broker's worker",
}
FIXTURES = {"client"}  # a test that needs more looks at servers, processes or tables


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    with MemoryUserbus() as up:
        async with Client(up.url) as connected:
            yield connected


def find_tests() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The tests of all modules that need a client and nothing else, by names of their own."""
    for file in sorted(Path(flows.__path__[0]).glob("test_*.py")):
        module = import_module(f"{flows.__name__}.{file.stem}")
        for name, value in vars(module).items():
            is_left_out = file.stem in LEFT_OUT or name in LEFT_OUT
            if name.startswith("test_") and not is_left_out and needed(value) <= FIXTURES:
                yield f"{file.stem}__{name}", value


def needed(test: Callable[..., Any]) -> set[str]:
    """The fixtures that a test asks for."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    given = [mark.args[0].split(",") if isinstance(mark.args[0], str) else mark.args[0] for mark in marks]
    return {*inspect.signature(test).parameters} - {name.strip() for names in given for name in names}


globals().update(find_tests())
