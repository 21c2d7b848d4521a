"""The Alibaba Cloud sender against a gateway of our own, its signature against the published example."""

import json
from typing import Any

import pytest

from handlers.sms_gateways.aliyun import EMPTY, AliyunSender, authorization, canonical_query
from handlers.sms_gateways.gateway import AccountRefused, GatewayAccount, NotSent, NumberRefused
from tests.support.gateway import Gateway, gateway
from tests.support.loopback import http_client

OK = {"Code": "OK", "Message": "OK", "BizId": "1^0", "RequestId": "1"}


async def send(played: Gateway, telephone: str = "13812345678") -> None:
    account = GatewayAccount(played.url, "an id", "a secret", "阿里云", "SMS_1")
    async with http_client() as http:
        await AliyunSender(http, account).send(telephone, "012345")


def test_the_signature_is_that_of_the_published_example() -> None:
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": EMPTY,
    }
    assert authorization("YourAccessKeyId", "YourAccessKeySecret", query, headers) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_the_query_is_encoded_as_rfc_3986_has_it() -> None:
    assert canonical_query({"b": "a b*c~d/e", "a": "中"}) == "a=%E4%B8%AD&b=a%20b%2Ac~d%2Fe"


async def test_a_code_is_sent_by_template_and_what_is_signed_is_what_arrives() -> None:
    async with gateway((200, OK)) as played:
        await send(played)
    (request,) = played.received
    assert request.path == "/"
    assert request.query == {
        "PhoneNumbers": "8613812345678",
        "SignName": "阿里云",
        "TemplateCode": "SMS_1",
        "TemplateParam": json.dumps({"code": "012345"}),
    }
    assert (request.headers["x-acs-action"], request.headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    signed = {name: text for name, text in request.headers.items() if name == "host" or name.startswith("x-acs-")}
    assert request.headers["authorization"] == authorization("an id", "a secret", request.query, signed)


async def test_a_number_in_e164_keeps_its_country() -> None:
    async with gateway((200, OK)) as played:
        await send(played, "+85212345678")
    assert played.received[0].query["PhoneNumbers"] == "85212345678"


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, "isv.BUSINESS_LIMIT_CONTROL"),
        (403, {"Code": "SignatureDoesNotMatch"}, "SignatureDoesNotMatch"),
        (500, ["?"], "500"),
        (200, {}, "None"),
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
        ("isv.MOBILE_NUMBER_ILLEGAL", NumberRefused),
        ("isv.BUSINESS_LIMIT_CONTROL", NotSent),
        ("isp.SYSTEM_ERROR", NotSent),
        ("Throttling.User", NotSent),
        ("isv.SMS_SIGNATURE_ILLEGAL", AccountRefused),
        ("isv.AMOUNT_NOT_ENOUGH", AccountRefused),
        ("SignatureDoesNotMatch", AccountRefused),
    ],
)
async def test_refusals_of_the_number_and_of_the_account_differ_from_temporary_ones(
    code: str, error: type[NotSent]
) -> None:
    async with gateway((200, {"Code": code})) as played:
        with pytest.raises(NotSent) as caught:
            await send(played)
    assert type(caught.value) is error
