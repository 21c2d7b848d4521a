"""One pair of servers for the tests that stop, kill or share them."""

import pytest

from devstack.servers import RunningServers


@pytest.fixture(scope="session")
def running(apart: RunningServers) -> RunningServers:
    return apart
