"""The site's reference tells what can be typed."""

import re

import pytest

from contracts.catalog import CATALOG, EVENTS
from tests.support.reference_pages import pages

PAGES = pages()
PYTHON = re.compile(r"^## (\S+)\n\nIn Python: `(.+)`$", re.MULTILINE)


@pytest.mark.parametrize(("page", "names"), [("requests.md", CATALOG), ("events.md", EVENTS)])
def test_every_request_and_event_tells_its_import(page: str, names: dict[str, object]) -> None:
    told = dict(PYTHON.findall(PAGES[page]))
    assert told.keys() == names.keys()
    imports = {name: line for name, line in told.items() if not name.startswith("health.")}
    for name, line in imports.items():
        found: dict[str, object] = {}
        exec(line.replace("userbus.contracts", "contracts"), found)
        expected = CATALOG[name].message if page == "requests.md" else EVENTS[name]
        assert found[expected.__name__] is expected
