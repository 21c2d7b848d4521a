"""Where the client's wheel is installed."""

import pytest

from tests.support.wheel import InstalledWheel, install_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> InstalledWheel:
    """The client's wheel in an environment of its own."""
    return install_wheel("userbus_client", tmp_path_factory.mktemp("wheel"))
