"""A gateway of your own: a POST signed as in Standard Webhooks (standardwebhooks.com)."""

import asyncio
import json
import time
from uuid import uuid4

import httpx

from handlers.sms_gateways.gateway import AccountRefused, NotAsked, NotSent, NumberRefused, Unanswered, post
from models.secrets.standard_webhooks import signed_headers

ATTEMPTS = 3
RETRY_SECONDS = 0.5


class WebhookSender:
    """Post `{"type": "sms.code", "telephone", "code"}`; any 2xx means that the message is accepted.

    422 means that no message can ever be sent to the number; 401, 403 and 404 are told to the operator as an error.
    After a 429, a 5xx or no response it retries, three attempts in all, with the same `webhook-id`, by which the
    receiver recognizes a retry.
    """

    def __init__(self, http: httpx.AsyncClient, url: str, secret: str) -> None:
        self._http = http
        self._url = url
        self._secret = secret

    async def send(self, telephone: str, code: str) -> None:
        """Send a code; return when the gateway has accepted the message. Raises `NotSent`."""
        message = f"msg_{uuid4().hex}"
        body = json.dumps({"type": "sms.code", "telephone": telephone, "code": code})
        asked: NotSent | None = None
        for left in range(ATTEMPTS - 1, -1, -1):
            try:
                return await self._post_once(message, body)
            except (_TemporaryFailure, NotAsked, Unanswered) as error:
                asked = _weightier(asked, error)
                if not left:
                    raise asked from error
                await asyncio.sleep(RETRY_SECONDS)

    async def _post_once(self, message: str, body: str) -> None:
        signed = signed_headers([self._secret], message, int(time.time()), body)
        headers = {"content-type": "application/json", **signed}
        response = await post(self._http, self._url, content=body, headers=headers)
        if not response.is_success:
            raise _refusal(response.status_code)(f"the webhook answered {response.status_code}")


class _TemporaryFailure(NotSent):
    """A failure after which a retry may succeed."""


def _weightier(before: NotSent | None, error: NotSent) -> NotSent:
    """The one that says more of what the receiver may have done, of two failed attempts."""
    if before is None or isinstance(error, Unanswered) or isinstance(before, NotAsked):
        return error
    return before


def _refusal(status: int) -> type[NotSent]:
    if status == 429 or status >= 500:
        return _TemporaryFailure
    return NumberRefused if status == 422 else AccountRefused if status in (401, 403, 404) else NotSent
