"""The gateway that the settings name, open for as long as the worker lives."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from handlers.senders import aliyun, tencent, twilio
from handlers.senders.base import Account, Sender
from handlers.senders.log import LogSender
from handlers.senders.settings import SmsSettings
from handlers.senders.webhook import WebhookSender


@asynccontextmanager
async def chosen(settings: SmsSettings) -> AsyncIterator[Sender | None]:
    """The sender, or None while SMS is off."""
    if settings.sms_sender == "off":
        yield None
    elif settings.sms_sender == "log":
        yield LogSender(settings.sms_log or Path())
    else:
        # httpx logs every URL at INFO, and one vendor wants the code in it
        logging.getLogger("httpx").setLevel(logging.WARNING)
        async with httpx.AsyncClient(timeout=settings.sms_seconds) as http:
            yield _remote(http, settings)


def _remote(http: httpx.AsyncClient, settings: SmsSettings) -> Sender:
    match settings.sms_sender:
        case "aliyun":
            return aliyun.AliyunSender(http, _account(settings, aliyun.ENDPOINT))
        case "tencent":
            return tencent.TencentSender(http, _account(settings, tencent.ENDPOINT))
        case "twilio":
            return twilio.TwilioSender(http, _account(settings, twilio.ENDPOINT))
        case _:
            return WebhookSender(http, settings.sms_url or "", _text(settings.sms_secret))


def _account(settings: SmsSettings, endpoint: str) -> Account:
    return Account(
        url=(settings.sms_url or endpoint).rstrip("/"),
        key=settings.sms_key or "",
        secret=_text(settings.sms_secret),
        sender=settings.sms_from or "",
        template=settings.sms_template or "",
        app=settings.sms_app or "",
        region=settings.sms_region,
        country=settings.sms_country,
        text=settings.sms_text,
    )


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
