"""One pair of servers for the tests that stop, kill and share them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.servers import RunningServers, servers


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    home: Path = tmp_path_factory.mktemp("stack")
    with servers(home) as running:
        yield running
