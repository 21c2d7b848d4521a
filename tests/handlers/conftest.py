"""Servers apart from the session's, for workers that nobody may help."""

from collections.abc import Iterator

import pytest

from devstack.servers import RunningServers, servers


@pytest.fixture(scope="package")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ and MongoDB that no other worker is connected to."""
    with servers(tmp_path_factory.mktemp("apart")) as up:
        yield up
