"""How examples/notify reads what webhooks answer, and what it sends them."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from examples.notify.webhooks import Outcome, Webhook, send
from tests.support.gateway import gateway
from tests.support.loopback import http_client
from tests.support.source import ROOT

ANSWERS: list[tuple[str, int, Any, str]] = [
    ("slack", 200, "ok", "told"),
    ("slack", 404, "channel_not_found", "refused"),
    ("slack", 302, "", "refused"),
    ("slack", 429, "", "later"),
    ("slack", 503, "", "later"),
    ("slack", 500, "rollup_error", "unknown"),
    ("lark", 200, {"code": 0}, "told"),
    ("lark", 200, {"code": 11232, "msg": "frequency limited"}, "later"),
    ("lark", 200, {"code": 19021, "msg": "sign match fail"}, "refused"),
    ("lark", 200, "<html>a proxy's page", "unknown"),
    ("dingtalk", 200, {"errcode": 0}, "told"),
    ("dingtalk", 200, {"errcode": 130101}, "later"),
    ("dingtalk", 200, {"errcode": 310000}, "refused"),
    ("dingtalk", 200, [], "unknown"),
]


async def sent(integration: str, secret: str = "", text: str = "text", answer: Any = None) -> tuple[Outcome, Any]:
    """How one attempt ended, and what arrived."""
    async with gateway(answer or (200, {"code": 0, "errcode": 0})) as webhook, http_client() as http:
        hook = Webhook(integration, f"{webhook.url}/hook?access_token=a", secret)
        outcome = await send(http, hook, "u<1", text)
        return outcome, webhook.received[0]


@pytest.mark.parametrize(("integration", "status", "body", "ended"), ANSWERS)
async def test_an_answer_says_whether_to_try_again(integration: str, status: int, body: Any, ended: str) -> None:
    outcome, _ = await sent(integration, answer=(status, body))
    assert outcome.ended == ended


async def test_who_cannot_be_reached_has_not_been_told() -> None:
    async with http_client() as http:
        outcome = await send(http, Webhook("slack", "http://127.0.0.1:9/"), "u", "text")
    assert outcome.ended == "later"


async def test_an_answer_that_does_not_come_leaves_it_unknown() -> None:
    async with gateway() as webhook, http_client(timeout=0.2) as http:
        webhook.open.clear()
        outcome = await send(http, Webhook("slack", webhook.url), "u", "text")
    assert outcome.ended == "unknown"


async def test_nobody_can_call_everybody_by_a_name() -> None:
    name = '<!channel> & <at user_id="all">'
    texts = [json.loads((await sent(each, text=name))[1].body) for each in ("slack", "lark")]
    assert texts[0]["text"] == '<@u&lt;1> &lt;!channel&gt; &amp; &lt;at user_id="all"&gt;'
    assert texts[1]["content"]["text"] == '<at user_id="u‹1"></at> ‹!channel› & ‹at user_id=”all”›'


async def test_lark_and_dingtalk_get_the_signature_that_they_document() -> None:
    _, lark = await sent("lark", "secret")
    body = json.loads(lark.body)
    assert body["sign"] == sign(f"{body['timestamp']}\nsecret", "")
    _, dingtalk = await sent("dingtalk", "secret")
    assert dingtalk.query["access_token"] == "a"
    assert dingtalk.query["sign"] == sign("secret", f"{dingtalk.query['timestamp']}\nsecret")


def sign(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def test_what_it_is_installed_with_is_what_it_is_tested_with() -> None:
    def lines(path: str) -> set[str]:
        return {line for line in Path(ROOT, path).read_text().splitlines() if line}

    assert lines("examples/notify/requirements.txt") <= lines("requirements/dev.txt")
