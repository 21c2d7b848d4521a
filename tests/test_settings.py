"""Every setting is explained in .env.example, and nothing else is."""

import re
from pathlib import Path

from bridge.settings import Settings as BridgeSettings
from handlers.settings import Settings as WorkerSettings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
OUTSIDE = {"SECRETS_DIR", "HOME", "AMQP_PORT", "MONGO_PORT", "DEVSTACK"}


def explained() -> dict[str, str]:
    found = re.findall(r"^USERBUS_([A-Z0-9_]+)=(.*?)(?:\s+#.*)?$", EXAMPLE.read_text(), flags=re.M)
    return dict(found)


def test_every_setting_is_in_the_example_file() -> None:
    fields = {name.upper() for settings in (WorkerSettings, BridgeSettings) for name in settings.model_fields}
    assert explained().keys() - OUTSIDE == fields


def test_the_example_shows_the_defaults() -> None:
    for settings in (WorkerSettings, BridgeSettings):
        for name, field in settings.model_fields.items():
            shown = explained()[name.upper()].strip()
            if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
                assert float(shown) == float(field.default), name
