"""Settings of `up`."""

from pathlib import Path

import pytest

from devstack.errors import StackError
from devstack.settings import load_settings


def test_without_an_environment_the_defaults_hold() -> None:
    settings = load_settings({})
    assert settings.home == Path.cwd() / ".local"
    assert (settings.bridge_port, settings.amqp_port, settings.mongo_port) == (8000, 5672, 27017)
    assert settings.bridge_url == "http://127.0.0.1:8000"


def test_the_environment_changes_folder_and_ports(tmp_path: Path) -> None:
    settings = load_settings(
        {"USERBUS_HOME": f"{tmp_path}/stack", "USERBUS_BRIDGE_PORT": "8001", "USERBUS_AMQP_PORT": ""}
    )
    assert settings.home == tmp_path / "stack"
    assert (settings.bridge_port, settings.amqp_port) == (8001, 5672)


@pytest.mark.parametrize("home", ["/proc/nope", "/dev/null", "/dev/null/below"])
def test_a_folder_that_cannot_be_made_is_refused_by_name(home: str) -> None:
    with pytest.raises(StackError, match=f"USERBUS_HOME is {home}, where no folder can be made"):
        load_settings({"USERBUS_HOME": home})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("USERBUS_AMQP_URL", "http://foo"),
        ("USERBUS_AMQP_URL", "amqp://"),
        ("USERBUS_AMQP_URL", "amqp://u:pencil@["),
        ("USERBUS_MONGO_URL", "localhost:27017"),
    ],
)
def test_a_url_of_another_kind_is_refused_by_name_and_not_shown(name: str, url: str) -> None:
    with pytest.raises(StackError, match=f"{name} is not such a URL") as refusal:
        load_settings({name: url})
    assert "pencil" not in str(refusal.value)


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80.5", "²"])
def test_an_invalid_port_is_refused_by_name(port: str) -> None:
    with pytest.raises(StackError, match=r"USERBUS_MONGO_PORT is .* must be a port number"):
        load_settings({"USERBUS_MONGO_PORT": port})
