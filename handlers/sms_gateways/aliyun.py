"""Alibaba Cloud SMS: SendSms of 2017-05-25, signed with ACS3-HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

import httpx

from handlers.senders.base import Account, NotSent, fields, posted

ENDPOINT = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()


def canonical_query(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, percent-encoded as RFC 3986 has it."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def authorization(key: str, secret: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The `Authorization` of a POST to `/` without a body whose `headers` are all signed."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(("POST", "/", canonical_query(query), lines, names, EMPTY))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signed = hmac.digest(secret.encode(), to_sign.encode(), hashlib.sha256).hex()
    return f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={signed}"


class AliyunSender:
    """Sends by a template with the one variable `code`.

    Not tried again after trouble: SendSms knows no idempotency key, so that a repeat could reach the person twice.
    """

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self._http = http
        self._account = account

    async def send(self, telephone: str, code: str) -> None:
        """Hand the message over. Raises `NotSent`."""
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
        answer = await posted(self._http, f"{account.url}/?{canonical_query(query)}", headers=signed)
        verdict = fields(answer).get("Code")
        if verdict != "OK":
            raise NotSent(f"Alibaba Cloud answered {answer.status_code} with the code {verdict!r}")
