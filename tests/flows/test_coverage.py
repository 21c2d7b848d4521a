"""Nobody forgets one: each request and problem code is named by a test on real servers.

That each event of the catalogue is caused and fits its contract is tested in test_events.
"""

from pathlib import Path

import pytest

from contracts.catalog import CATALOG
from handlers.problems import known

TESTS = Path(__file__).parents[1]
TEXT = "".join(file.read_text() for folder in ("flows", "faults") for file in (TESTS / folder).glob("*.py"))


@pytest.mark.parametrize("name", CATALOG)
def test_a_request_is_tested(name: str) -> None:
    assert f'"{name}"' in TEXT


@pytest.mark.parametrize("code", known())
def test_a_problem_code_is_tested(code: str) -> None:
    assert f'"{code}"' in TEXT
