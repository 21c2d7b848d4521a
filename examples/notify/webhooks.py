"""The webhooks of Lark, DingTalk and Slack: how each wants a message, and how each says that it took it."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any, Literal

import httpx

Ended = Literal["told", "refused", "later", "unknown"]
# "send more slowly", and DingTalk's "busy": the message was not taken
LATER = {"lark": (11232,), "dingtalk": (-1, 130101, 410100)}
CODE = {"lark": "code", "dingtalk": "errcode"}


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. "unknown": the message may have been taken. `wait`: seconds that they ask for."""

    ended: Ended
    why: str = ""
    wait: float = 0.0


@dataclass(frozen=True)
class Webhook:
    """One webhook; the integration's name in userbus says whose. The secret signs, where one is set."""

    integration: str
    url: str
    secret: str = ""


async def send(http: httpx.AsyncClient, webhook: Webhook, account: str, text: str) -> Outcome:
    """Mention an account in a message."""
    parameters, body = MESSAGES[webhook.integration](webhook.secret, account, text)
    try:
        url = httpx.URL(webhook.url).copy_merge_params(parameters)
        response = await http.post(url, json=body)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return Outcome("later", f"not reached: {error!r}")
    except httpx.TransportError as error:
        return Outcome("unknown", f"no answer: {error!r}")
    return _read_answer(webhook.integration, response)


def _lark(secret: str, account: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    body: dict[str, Any] = {"msg_type": "text"}
    body["content"] = {"text": f'<at user_id="{_plain(account)}"></at> {_plain(text)}'}
    if secret:
        now = str(int(time.time()))
        body |= {"timestamp": now, "sign": _sign(f"{now}\n{secret}", "")}
    return {}, body


def _dingtalk(secret: str, account: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    now = str(int(time.time() * 1000))
    signed = {"timestamp": now, "sign": _sign(secret, f"{now}\n{secret}")} if secret else {}
    at = {"atUserIds": [account], "isAtAll": False}
    return signed, {"msgtype": "text", "text": {"content": f"@{account} {text}"}, "at": at}


def _slack(_secret: str, account: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    return {}, {"text": f"<@{_escape(account)}> {_escape(text)}"}


MESSAGES = {"lark": _lark, "dingtalk": _dingtalk, "slack": _slack}


def _plain(text: str) -> str:
    """Text in which nobody can hide a tag: Lark knows no escapes, and people choose their own names."""
    return text.translate({ord("<"): "‹", ord(">"): "›", ord('"'): "”"})


def _escape(text: str) -> str:
    """Text with Slack's own escapes: without them a person named `<!channel>` would call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sign(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _read_answer(integration: str, response: httpx.Response) -> Outcome:
    said = f"HTTP {response.status_code}: {response.text[:200]}"
    if response.status_code in (429, 503):
        return Outcome("later", said, _seconds(response.headers.get("retry-after", "")))
    if response.status_code >= 500:
        return Outcome("unknown", said)
    if not response.is_success:
        return Outcome("refused", said)
    return _read_code(integration, response, said) if integration in CODE else Outcome("told")


def _read_code(integration: str, response: httpx.Response, said: str) -> Outcome:
    """Lark and DingTalk answer refusals with status 200, and the code in the body."""
    try:
        code = response.json()[CODE[integration]]
    except (ValueError, KeyError, TypeError):
        return Outcome("unknown", said)
    if code == 0:
        return Outcome("told")
    return Outcome("later" if code in LATER[integration] else "refused", said)


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0.0
