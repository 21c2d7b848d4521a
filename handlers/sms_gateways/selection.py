"""The sender of the gateway that the settings select."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from handlers.sms_gateways import aliyun, tencent, twilio
from handlers.sms_gateways.gateway import GatewayAccount, SmsSender
from handlers.sms_gateways.log import LogSender
from handlers.sms_gateways.settings import SmsSettings
from handlers.sms_gateways.webhook import WebhookSender

VENDORS: Mapping[str, tuple[Callable[[httpx.AsyncClient, GatewayAccount], SmsSender], str]] = {
    "aliyun": (aliyun.AliyunSender, aliyun.ENDPOINT),
    "tencent": (tencent.TencentSender, tencent.ENDPOINT),
    "twilio": (twilio.TwilioSender, twilio.ENDPOINT),
}
"""Each vendor's sender and its usual endpoint."""


@asynccontextmanager
async def open_sender(settings: SmsSettings) -> AsyncIterator[SmsSender | None]:
    """Open the sender, or None if SMS is off."""
    if settings.sms_sender == "off":
        yield None
    elif settings.sms_sender == "log":
        yield LogSender(settings.sms_log or Path())
    else:
        # httpx logs every URL at INFO, and the URLs of one vendor contain the code
        logging.getLogger("httpx").setLevel(logging.WARNING)
        async with httpx.AsyncClient(timeout=settings.sms_seconds) as http:
            yield _remote_sender(http, settings)


def _remote_sender(http: httpx.AsyncClient, settings: SmsSettings) -> SmsSender:
    if settings.sms_sender == "webhook":
        return WebhookSender(http, settings.sms_url or "", _reveal(settings.sms_secret))
    create, endpoint = VENDORS[settings.sms_sender]
    return create(http, _account(settings, endpoint))


def _account(settings: SmsSettings, endpoint: str) -> GatewayAccount:
    return GatewayAccount(
        url=(settings.sms_url or endpoint).rstrip("/"),
        key=settings.sms_key or "",
        secret=_reveal(settings.sms_secret),
        sender=settings.sms_from or "",
        template=settings.sms_template or "",
        app=settings.sms_app or "",
        region=settings.sms_region,
        country=settings.sms_country,
        text=settings.sms_text,
    )


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
