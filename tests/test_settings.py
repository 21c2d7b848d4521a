"""Every setting is explained in .env.example, and nothing else is."""

import re
from pathlib import Path
from typing import get_args

from bridge.settings import DialectName
from bridge.settings import Settings as BridgeSettings
from contracts.tokens import DIALECTS
from handlers.sms_gateways.selection import VENDORS
from handlers.sms_gateways.settings import NEEDS, SmsSettings
from worker.settings import Settings as WorkerSettings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
OUTSIDE = {"SECRETS_DIR", "HOME", "AMQP_PORT", "MONGO_PORT", "DEVSTACK", "DEVSTACK_TLS", "MANAGEMENT_URL", "MEMORY"}


def explained() -> dict[str, str]:
    found = re.findall(r"^USERBUS_([A-Z0-9_]+)=(.*?)(?:\s+#.*)?$", EXAMPLE.read_text(), flags=re.M)
    return dict(found)


def test_every_setting_is_in_the_example_file() -> None:
    fields = {name.upper() for settings in (WorkerSettings, BridgeSettings) for name in settings.model_fields}
    assert explained().keys() - OUTSIDE == fields


def test_every_sms_gateway_of_the_settings_can_be_chosen() -> None:
    named = {*get_args(SmsSettings.model_fields["sms_sender"].annotation)} - {"off"}
    assert named == NEEDS.keys() == VENDORS.keys() | {"log", "webhook"}
    (listed,) = re.findall("^USERBUS_SMS_SENDER=off *# off, (.*)$", EXAMPLE.read_text(), flags=re.M)
    assert named == {*listed.split(", ")}


def test_the_example_shows_the_defaults() -> None:
    for settings in (WorkerSettings, BridgeSettings):
        for name, field in settings.model_fields.items():
            shown = explained()[name.upper()].strip()
            if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
                assert float(shown) == float(field.default), name


def test_the_dialects_that_tokens_may_name_are_those_that_take_them() -> None:
    assert get_args(DialectName) == DIALECTS, "DIALECTS is in contracts/tokens.py, DialectName in bridge/settings.py"
