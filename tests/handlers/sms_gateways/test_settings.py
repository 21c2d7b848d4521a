"""What the worker is told about sending codes, and the sender that comes of it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from handlers.sms_gateways.aliyun import AliyunSender
from handlers.sms_gateways.log import LogSender
from handlers.sms_gateways.selection import open_sender
from handlers.sms_gateways.tencent import TencentSender
from handlers.sms_gateways.twilio import TwilioSender
from handlers.sms_gateways.webhook import WebhookSender
from worker.settings import Settings

SIGNED = {"sms_key": "id", "sms_secret": "secret", "sms_from": "from"}
COMPLETE: dict[str, dict[str, Any]] = {
    "log": {"sms_log": Path("sms.log")},
    "webhook": {"sms_url": "https://example.com/sms", "sms_secret": "a secret long enough"},
    "aliyun": {**SIGNED, "sms_template": "SMS_1"},
    "tencent": {**SIGNED, "sms_template": "1", "sms_app": "1400006666"},
    "twilio": SIGNED,
}
SENDERS = {
    "log": LogSender,
    "webhook": WebhookSender,
    "aliyun": AliyunSender,
    "tencent": TencentSender,
    "twilio": TwilioSender,
}


def settings(**given: Any) -> Settings:
    return Settings(secret_key="x" * 32, **given)


async def test_sms_is_off_by_default() -> None:
    assert settings().sms_sender == "off"
    async with open_sender(settings()) as sender:
        assert sender is None


@pytest.mark.parametrize("name", COMPLETE)
async def test_each_sender_can_be_chosen(name: str) -> None:
    async with open_sender(settings(sms_sender=name, **COMPLETE[name])) as sender:
        assert type(sender) is SENDERS[name]


@pytest.mark.parametrize(("name", "lacking"), [(name, field) for name, given in COMPLETE.items() for field in given])
def test_a_sender_reports_its_missing_settings(name: str, lacking: str) -> None:
    given = {field: value for field, value in COMPLETE[name].items() if field != lacking}
    with pytest.raises(ValidationError, match=f"USERBUS_{lacking.upper()}") as caught:
        settings(sms_sender=name, **given)
    assert caught.value.errors()[0]["loc"] == ("sms_sender",)


@pytest.mark.parametrize("secret", ["short", "whsec_not base64!", "whsec_c2hvcnQ="])
def test_a_webhook_secret_that_cannot_sign_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValidationError, match="USERBUS_SMS_SECRET must be") as caught:
        settings(sms_sender="webhook", sms_url="https://example.com", sms_secret=secret)
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sms_sender": "pigeon"},
        {"sms_url": "ftp://example.com"},
        {"sms_text": "no code in it"},
        {"sms_country": "+86"},
        {"sms_per_number": 0},
        {"sms_per_address": -1},
        {"sms_seconds": 0},
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
