"""Alibaba Cloud SMS: SendSms of 2017-05-25, signed with ACS3-HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

import httpx

from handlers.sms_gateways.gateway import GatewayAccount, RefusalCodes, json_object, post

ENDPOINT = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
CODES = RefusalCodes(
    numbers=frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"}),
    temporary=("isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "Throttling"),
)
EMPTY = hashlib.sha256(b"").hexdigest()


def canonical_query(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, percent-encoded by RFC 3986."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def authorization(key: str, secret: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The `Authorization` header of a POST to `/` without a body; it signs all of `headers`."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(("POST", "/", canonical_query(query), lines, names, EMPTY))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signed = hmac.digest(secret.encode(), to_sign.encode(), hashlib.sha256).hex()
    return f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={signed}"


class AliyunSender:
    """Send codes by a template with the one variable `code`.

    Without retries: SendSms has no idempotency key, so that a retry might send a second message.
    """

    def __init__(self, http: httpx.AsyncClient, account: GatewayAccount) -> None:
        self._http = http
        self._account = account

    async def send(self, telephone: str, code: str) -> None:
        """Send a code; return when the gateway has accepted the message. Raises `NotSent`."""
        account = self._account
        query = {
            "PhoneNumbers": account.e164(telephone).removeprefix("+"),
            "SignName": account.sender,
            "TemplateCode": account.template,
            "TemplateParam": json.dumps({"code": code}),
        }
        headers = {
            "host": account.host,
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": EMPTY,
        }
        signed = {**headers, "authorization": authorization(account.key, account.secret, query, headers)}
        response = await post(self._http, f"{account.url}/?{canonical_query(query)}", headers=signed)
        result = json_object(response).get("Code")
        if result != "OK":
            raise CODES.refusal("Alibaba Cloud", response.status_code, result)
