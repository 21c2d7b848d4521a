"""The Twilio sender against a gateway of our own."""

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs

import pytest

from handlers.sms_gateways.gateway import AccountRefused, GatewayAccount, NotSent, NumberRefused
from handlers.sms_gateways.twilio import TwilioSender
from tests.support.gateway import Gateway, gateway
from tests.support.loopback import http_client


async def send(played: Gateway, sender: str = "+15017122661") -> dict[str, list[str]]:
    account = GatewayAccount(played.url, "AC1", "a token", sender, country="1", text="验证码 {code}")
    async with http_client() as http:
        await TwilioSender(http, account).send("5558675310", "012345")
    return parse_qs(played.received[0].body.decode())


async def test_a_text_is_posted_with_basic_authentication() -> None:
    async with gateway((201, {"sid": "SM1", "status": "queued"})) as played:
        form = await send(played)
    assert form == {"To": ["+15558675310"], "From": ["+15017122661"], "Body": ["验证码 012345"]}
    (request,) = played.received
    assert request.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"] == "Basic " + b64encode(b"AC1:a token").decode()


async def test_a_messaging_service_takes_the_place_of_a_number() -> None:
    async with gateway((201, {"sid": "SM1"})) as played:
        form = await send(played, "MG9752274e9e519418a7406176694466fa")
    assert form["MessagingServiceSid"] == ["MG9752274e9e519418a7406176694466fa"]
    assert "From" not in form


async def test_an_api_key_is_used_at_the_path_of_its_account() -> None:
    async with gateway((201, {"sid": "SM1", "status": "queued"})) as played:
        account = GatewayAccount(played.url, "SK1", "a secret", "+15017122661", app="AC1")
        async with http_client() as http:
            await TwilioSender(http, account).send("+15558675310", "012345")
    (request,) = played.received
    assert request.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"] == "Basic " + b64encode(b"SK1:a secret").decode()


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (201, {"sid": "SM1", "status": "failed", "error_code": 21610}, NumberRefused),
        (201, {"sid": "SM1", "status": "failed", "error_code": 30001}, NotSent),
        (201, {"sid": "SM1", "status": "undelivered", "error_code": None}, NotSent),
        (200, "<html>", NotSent),
        (200, {}, NotSent),
        (204, None, NotSent),
        (400, {"code": 21211}, NumberRefused),
        (400, {"code": 21614}, NumberRefused),
        (401, {"code": 20003}, AccountRefused),
        (400, {"code": 21606}, AccountRefused),
        (429, {"code": 20429}, NotSent),
        (503, {"code": 20503}, NotSent),
    ],
)
async def test_only_an_accepted_message_is_sent_and_refusals_differ(
    status: int, answer: Any, error: type[NotSent]
) -> None:
    async with gateway((status, answer)) as played:
        with pytest.raises(NotSent) as caught:
            await send(played)
    assert type(caught.value) is error


async def test_a_refusal_is_reported_by_its_code_without_retry() -> None:
    async with gateway((400, {"code": 21211, "message": "Invalid 'To' Phone Number: 5558675310"})) as played:
        with pytest.raises(NotSent, match="21211") as caught:
            await send(played)
    assert "5558675310" not in str(caught.value)
    assert len(played.received) == 1
