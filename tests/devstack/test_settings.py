"""Settings of `up`."""

from pathlib import Path

import pytest

from devstack.errors import StackError
from devstack.settings import settings_from


def test_without_an_environment_the_defaults_hold() -> None:
    settings = settings_from({})
    assert settings.home == Path.cwd() / ".local"
    assert (settings.bridge_port, settings.amqp_port, settings.mongo_port) == (8000, 5672, 27017)
    assert settings.bridge_url == "http://127.0.0.1:8000"


def test_the_environment_changes_folder_and_ports() -> None:
    settings = settings_from({"USERBUS_HOME": "/data/stack", "USERBUS_BRIDGE_PORT": "8001", "USERBUS_AMQP_PORT": ""})
    assert settings.home == Path("/data/stack")
    assert (settings.bridge_port, settings.amqp_port) == (8001, 5672)


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80.5", "²"])
def test_a_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(StackError, match=r"USERBUS_MONGO_PORT is .* must be a port number"):
        settings_from({"USERBUS_MONGO_PORT": port})
