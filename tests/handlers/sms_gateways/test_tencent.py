"""The Tencent Cloud sender against a gateway of our own, its signature against the published example."""

import json
from typing import Any

import pytest

from handlers.sms_gateways.gateway import AccountRefused, GatewayAccount, NotSent, NumberRefused
from handlers.sms_gateways.tencent import SignedRequest, TencentSender, authorization
from tests.support.gateway import Gateway, gateway
from tests.support.loopback import http_client

OK = {"Response": {"SendStatusSet": [{"SerialNo": "1", "Code": "Ok", "Message": "send success"}], "RequestId": "1"}}


async def send(played: Gateway, telephone: str = "13812345678") -> None:
    account = GatewayAccount(
        played.url, "an id", "a secret", "腾讯云", "449739", app="1400006666", region="ap-guangzhou"
    )
    async with http_client() as http:
        await TencentSender(http, account).send(telephone, "012345")


def test_the_signature_is_that_of_the_published_example() -> None:
    body = r'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    over = SignedRequest("cvm", "cvm.tencentcloudapi.com", 1551113065, body)
    key, secret = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
    assert authorization(key, secret, over) == (
        f"TC3-HMAC-SHA256 Credential={key}/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


async def test_a_code_is_sent_by_template_and_what_is_signed_is_what_arrives() -> None:
    async with gateway((200, OK)) as played:
        await send(played)
    (request,) = played.received
    assert json.loads(request.body) == {
        "PhoneNumberSet": ["+8613812345678"],
        "SmsSdkAppId": "1400006666",
        "SignName": "腾讯云",
        "TemplateId": "449739",
        "TemplateParamSet": ["012345"],
    }
    headers = {name: text for name, text in request.headers.items() if name.startswith("x-tc-")}
    at = headers.pop("x-tc-timestamp")
    assert headers == {"x-tc-action": "SendSms", "x-tc-version": "2021-01-11", "x-tc-region": "ap-guangzhou"}
    over = SignedRequest("sms", request.headers["host"], int(at), request.body.decode())
    assert request.headers["authorization"] == authorization("an id", "a secret", over)


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (200, {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}}}, "AuthFailure.SignatureFailure"),
        (200, {"Response": {"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit"}]}}, "LimitExceeded"),
        (200, {"Response": {}}, "None"),
        (502, "bad gateway", "502"),
    ],
)
async def test_any_result_but_ok_is_an_error_without_retry(status: int, answer: Any, told: str) -> None:
    async with gateway((status, answer)) as played:
        with pytest.raises(NotSent, match=told):
            await send(played)
    assert len(played.received) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("FailedOperation.PhoneNumberInBlacklist", NumberRefused),
        ("InvalidParameterValue.IncorrectPhoneNumber", NumberRefused),
        ("LimitExceeded.PhoneNumberDailyLimit", NotSent),
        ("InternalError.Timeout", NotSent),
        ("FailedOperation.SignatureIncorrectOrUnapproved", AccountRefused),
        ("AuthFailure.SignatureFailure", AccountRefused),
        ("FailedOperation.InsufficientBalanceInSmsPackage", AccountRefused),
    ],
)
async def test_refusals_of_the_number_and_of_the_account_differ_from_temporary_ones(
    code: str, error: type[NotSent]
) -> None:
    async with gateway((200, {"Response": {"SendStatusSet": [{"Code": code}]}})) as played:
        with pytest.raises(NotSent) as caught:
            await send(played)
    assert type(caught.value) is error
