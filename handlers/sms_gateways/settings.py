"""The settings of SMS, part of the worker's."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from models.secrets.standard_webhooks import signing_key

NEEDS = {
    "log": ("sms_log",),
    "webhook": ("sms_url", "sms_secret"),
    "aliyun": ("sms_key", "sms_secret", "sms_from", "sms_template"),
    "tencent": ("sms_key", "sms_secret", "sms_from", "sms_template", "sms_app"),
    "twilio": ("sms_key", "sms_secret", "sms_from"),
}


class SmsSettings(BaseSettings):
    """The settings of SMS; `sms_sender` comes last, as it is checked with the others."""

    sms_per_number: Annotated[int, Field(ge=1, le=1000)] = 10
    sms_per_address: Annotated[int, Field(ge=0, le=1000)] = 5
    sms_per_day: Annotated[int, Field(ge=0)] = 0
    sms_seconds: Annotated[float, Field(gt=0, le=30)] = 8.0
    sms_running: Annotated[int, Field(ge=1, le=1000)] = 32
    sms_waiting: Annotated[int, Field(ge=0, le=10_000)] = 256
    sms_log: Path | None = None
    sms_url: Annotated[str, Field(pattern=r"^https?://[^/]+")] | None = None
    sms_key: str | None = None
    sms_secret: SecretStr | None = None
    sms_from: str | None = None
    sms_template: str | None = None
    sms_app: str | None = None
    sms_region: str = "ap-guangzhou"
    sms_country: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")] = "86"
    sms_text: Annotated[str, Field(pattern=r"\{code\}")] = "Your verification code is {code}. It is good for 5 minutes."
    sms_sender: Literal["off", "log", "webhook", "aliyun", "tencent", "twilio"] = "off"

    @field_validator("sms_sender")
    @classmethod
    def _check_complete(cls, sender: str, info: ValidationInfo) -> str:
        missing = [name for name in NEEDS.get(sender, ()) if not info.data.get(name)]
        if missing:
            names = ", ".join(f"USERBUS_{name.upper()}" for name in missing)
            raise ValueError(f"the sender {sender!r} also needs {names}")
        if sender == "twilio" and info.data["sms_key"].startswith("SK") and not info.data.get("sms_app"):
            raise ValueError("with an API key (SK…) Twilio also needs USERBUS_SMS_APP, the account's SID (AC…)")
        if sender == "webhook":
            _check_signing_secret(info.data["sms_secret"])
        return sender


def _check_signing_secret(secret: SecretStr) -> None:
    try:
        usable = len(signing_key(secret.get_secret_value())) >= 16
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("USERBUS_SMS_SECRET must be `whsec_` and base64, or a text of at least 16 characters")
