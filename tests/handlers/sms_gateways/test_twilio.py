"""The Twilio sender against a gateway of our own."""

from base64 import b64encode
from urllib.parse import parse_qs

import httpx
import pytest

from handlers.senders.base import Account, NotSent
from handlers.senders.twilio import TwilioSender
from tests.gateway import Gateway, gateway


async def send(played: Gateway, sender: str = "+15017122661") -> dict[str, list[str]]:
    account = Account(played.url, "AC1", "a token", sender, country="1", text="验证码 {code}")
    async with httpx.AsyncClient(timeout=5) as http:
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


async def test_a_refusal_is_told_by_its_code_and_not_tried_again() -> None:
    async with gateway((400, {"code": 21211, "message": "Invalid 'To' Phone Number: 5558675310"})) as played:
        with pytest.raises(NotSent, match="21211") as caught:
            await send(played)
    assert "5558675310" not in str(caught.value)
    assert len(played.received) == 1
