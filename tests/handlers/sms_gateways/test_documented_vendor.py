"""The vendor of CONTRIBUTING.md against a gateway of our own."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from handlers.sms_gateways.gateway import AccountRefused, GatewayAccount, NotSent, NumberRefused, SmsSender
from tests.support.blocks import ROOT, blocks
from tests.support.gateway import Gateway, gateway
from tests.support.loopback import http_client


def documented() -> Callable[[httpx.AsyncClient, GatewayAccount], SmsSender]:
    (program,) = [block.text for block in blocks(ROOT / "CONTRIBUTING.md") if "class AcmeSender" in block.text]
    found: dict[str, Any] = {}
    exec(program, found)
    sender: Callable[[httpx.AsyncClient, GatewayAccount], SmsSender] = found["AcmeSender"]
    return sender


async def send(played: Gateway) -> None:
    account = GatewayAccount(url=played.url, key="", secret="s3cret", sender="Shop", text="Your code: {code}")
    async with http_client() as http:
        await documented()(http, account).send("13812345678", "012345")


async def test_a_code_is_posted() -> None:
    async with gateway((202, {})) as played:
        await send(played)
    (request,) = played.received
    assert (request.path, request.headers["authorization"]) == ("/messages", "Bearer s3cret")
    assert json.loads(request.body) == {"to": "+8613812345678", "from": "Shop", "text": "Your code: 012345"}


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(400, "number_invalid", NumberRefused), (400, "busy", NotSent), (401, "no_such_key", AccountRefused)],
)
async def test_a_refusal_is_told_by_its_kind(status: int, code: str, error: type[NotSent]) -> None:
    async with gateway((status, {"error": code})) as played:
        with pytest.raises(NotSent) as raised:
            await send(played)
    assert raised.type is error
