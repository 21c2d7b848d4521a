"""The bridge's settings."""

import pytest
from pydantic import ValidationError

from bridge.app import create_app
from bridge.settings import Settings


def test_lists_are_texts_with_commas() -> None:
    settings = Settings(
        bridge_open_dialects="rbac, passport,", cors_origins="https://a.example", trusted_proxies="10.0.0.1,10.1.0.0/16"
    )
    assert settings.bridge_open_dialects == ("rbac", "passport")
    assert settings.cors_origins == ("https://a.example",)
    assert settings.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")


@pytest.mark.parametrize(
    "given",
    [{"bridge_open_dialects": "passprot"}, {"token_cache": 6}, {"bridge_timeout": 0}, {"time_zone": "Mars/Base"}],
)
def test_invalid_settings_are_refused_at_start(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


def test_the_broker_password_is_not_printed() -> None:
    assert "pencil" not in repr(Settings(amqp_url="amqp://u:pencil@h/"))


def test_an_open_dialect_is_logged_as_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    create_app(Settings(bridge_open_dialects="passport"))
    assert "open dialect" in capsys.readouterr().out
