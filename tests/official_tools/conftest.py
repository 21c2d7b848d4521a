"""The tools, as `make contracts` installs them; without it these tests are left out."""

import os
from pathlib import Path

import pytest

from tests.official_tools.tools import Tools

INSTALLED = os.environ.get("CONTRACT_TOOLS")


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """The installed tools, and an empty folder to work in."""
    if INSTALLED is None:
        pytest.skip("needs tools from npm: make contracts")
    return Tools(Path(INSTALLED).resolve(), tmp_path)
