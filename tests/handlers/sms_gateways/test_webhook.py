"""The webhook sender against a gateway of our own, its signature against the published example."""

import json

import pytest

from handlers.sms_gateways.gateway import AccountRefused, NotSent, NumberRefused
from handlers.sms_gateways.webhook import WebhookSender
from models.secrets.standard_webhooks import signature, signing_key
from tests.support.gateway import Gateway, gateway
from tests.support.loopback import http_client

SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"


async def send(played: Gateway) -> None:
    async with http_client() as http:
        await WebhookSender(http, f"{played.url}/sms", SECRET).send("13812345678", "012345")


def test_the_signature_is_that_of_the_published_example() -> None:
    body = '{"event_type":"ping","data":{"success":true}}'
    expected = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    assert signature(SECRET, "msg_loFOjxBNrRLzqYUf", 1731705121, body) == expected


def test_a_secret_without_prefix_is_taken_as_it_is() -> None:
    assert signing_key("a secret of any kind") == b"a secret of any kind"


async def test_a_code_is_posted_with_a_signature_that_the_receiver_can_check() -> None:
    async with gateway((204, None)) as played:
        await send(played)
    (request,) = played.received
    assert request.path == "/sms"
    assert json.loads(request.body) == {"type": "sms.code", "telephone": "13812345678", "code": "012345"}
    at = int(request.headers["webhook-timestamp"])
    expected = signature(SECRET, request.headers["webhook-id"], at, request.body.decode())
    assert request.headers["webhook-signature"] == expected


@pytest.mark.parametrize("trouble", [429, 500, 503])
async def test_a_temporary_failure_is_retried_with_the_same_id(trouble: int) -> None:
    async with gateway((trouble, {}), (200, {})) as played:
        await send(played)
    assert len({request.headers["webhook-id"] for request in played.received}) == 1
    assert len(played.received) == 2


async def test_a_lasting_failure_is_reported_after_three_attempts() -> None:
    async with gateway((503, {})) as played:
        with pytest.raises(NotSent, match="503"):
            await send(played)
    assert len(played.received) == 3


@pytest.mark.parametrize(
    ("status", "error"),
    [(301, NotSent), (400, NotSent), (401, AccountRefused), (404, AccountRefused), (422, NumberRefused)],
)
async def test_a_refusal_is_final(status: int, error: type[NotSent]) -> None:
    async with gateway((status, {})) as played:
        with pytest.raises(NotSent, match=str(status)) as caught:
            await send(played)
    assert type(caught.value) is error
    assert len(played.received) == 1


async def test_a_missing_gateway_is_reported_without_number_and_code() -> None:
    async with gateway() as gone:
        pass
    with pytest.raises(NotSent) as caught:
        await send(gone)
    assert "cannot be reached" in str(caught.value)
    assert "13812345678" not in str(caught.value)
