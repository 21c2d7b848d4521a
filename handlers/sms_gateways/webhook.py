"""Any gateway of your own: a signed POST, as Standard Webhooks (standardwebhooks.com) has it."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from uuid import uuid4

import httpx

from handlers.senders.base import NotSent, posted

PREFIX = "whsec_"
TRIES = 3
PAUSE = 0.5


def key(secret: str) -> bytes:
    """The signing key: what follows `whsec_` in base64, or the text itself. Raises `ValueError` for bad base64."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def signature(secret: str, message: str, at: int, body: str) -> str:
    """The `webhook-signature` of a message with this id, sent at this Unix time."""
    mac = hmac.digest(key(secret), f"{message}.{at}.{body}".encode(), hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


class WebhookSender:
    """POSTs `{"type": "sms.code", "telephone", "code"}`; any 2xx means taken.

    A 429, a 5xx or no answer is tried again, three times in all, with the same `webhook-id`, by which the receiver
    tells a repeat.
    """

    def __init__(self, http: httpx.AsyncClient, url: str, secret: str) -> None:
        self._http = http
        self._url = url
        self._secret = secret

    async def send(self, telephone: str, code: str) -> None:
        """Hand the message over. Raises `NotSent`."""
        message = f"msg_{uuid4().hex}"
        body = json.dumps({"type": "sms.code", "telephone": telephone, "code": code})
        for left in range(TRIES - 1, -1, -1):
            try:
                return await self._try(message, body)
            except _Passing:
                if not left:
                    raise
                await asyncio.sleep(PAUSE)

    async def _try(self, message: str, body: str) -> None:
        at = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._secret, message, at, body),
        }
        try:
            answer = await posted(self._http, self._url, content=body, headers=headers)
        except NotSent as error:
            raise _Passing(str(error)) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _Passing(f"the webhook answered {answer.status_code}")
        if not answer.is_success:
            raise NotSent(f"the webhook answered {answer.status_code}")


class _Passing(NotSent):
    """Trouble that another try may not meet."""
