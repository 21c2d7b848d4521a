"""Tencent Cloud SMS: SendSms of 2021-01-11, signed with TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from handlers.senders.base import Account, NotSent, fields, posted

ENDPOINT = "https://sms.tencentcloudapi.com"
ALGORITHM = "TC3-HMAC-SHA256"
TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature is made over: a JSON body POSTed to `/` of a host at a Unix time."""

    service: str
    host: str
    at: int
    body: str


def authorization(key: str, secret: str, over: Signed) -> str:
    """The `Authorization` of a request; `content-type` and `host` are the signed headers."""
    day = datetime.fromtimestamp(over.at, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{over.service}/tc3_request"
    lines = f"content-type:{TYPE}\nhost:{over.host}\n"
    request = "\n".join(("POST", "/", "", lines, "content-type;host", _sha256(over.body)))
    to_sign = "\n".join((ALGORITHM, str(over.at), scope, _sha256(request)))
    derived = f"TC3{secret}".encode()
    for part in (day, over.service, "tc3_request"):
        derived = hmac.digest(derived, part.encode(), hashlib.sha256)
    signature = hmac.digest(derived, to_sign.encode(), hashlib.sha256).hex()
    return f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders=content-type;host, Signature={signature}"


class TencentSender:
    """Sends by a template with one parameter, the code. Not tried again after trouble, as a repeat could be doubled."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self._http = http
        self._account = account

    async def send(self, telephone: str, code: str) -> None:
        """Hand the message over. Raises `NotSent`."""
        account = self._account
        over = Signed("sms", account.host, int(time.time()), json.dumps(self._body(telephone, code)))
        headers = {
            "authorization": authorization(account.key, account.secret, over),
            "content-type": TYPE,
            "host": over.host,
            "x-tc-action": "SendSms",
            "x-tc-timestamp": str(over.at),
            "x-tc-version": "2021-01-11",
            "x-tc-region": account.region,
        }
        answer = await posted(self._http, account.url, content=over.body, headers=headers)
        verdict = _verdict(fields(answer))
        if verdict != "Ok":
            raise NotSent(f"Tencent Cloud answered {answer.status_code} with the code {verdict!r}")

    def _body(self, telephone: str, code: str) -> dict[str, object]:
        return {
            "PhoneNumberSet": [self._account.e164(telephone)],
            "SmsSdkAppId": self._account.app,
            "SignName": self._account.sender,
            "TemplateId": self._account.template,
            "TemplateParamSet": [code],
        }


def _verdict(answer: object) -> object:
    match answer:
        case {"Response": {"Error": {"Code": code}}}:
            return code
        case {"Response": {"SendStatusSet": [{"Code": code}]}}:
            return code
    return None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
