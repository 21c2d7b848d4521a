"""Tencent Cloud SMS: SendSms of 2021-01-11, signed with TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from handlers.sms_gateways.gateway import GatewayAccount, RefusalCodes, json_object, post

ENDPOINT = "https://sms.tencentcloudapi.com"
ALGORITHM = "TC3-HMAC-SHA256"
CODES = RefusalCodes(
    numbers=frozenset({"FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber"}),
    temporary=(
        "LimitExceeded.PhoneNumber",
        "LimitExceeded.DeliveryFrequencyLimit",
        "RequestLimitExceeded",
        "InternalError",
    ),
)
TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request to sign: a JSON body, posted to `/` of a host at a Unix time."""

    service: str
    host: str
    at: int
    body: str


def authorization(key: str, secret: str, request: SignedRequest) -> str:
    """The `Authorization` header of a request; `content-type` and `host` are the signed headers."""
    day = datetime.fromtimestamp(request.at, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{request.service}/tc3_request"
    lines = f"content-type:{TYPE}\nhost:{request.host}\n"
    canonical = "\n".join(("POST", "/", "", lines, "content-type;host", _sha256(request.body)))
    to_sign = "\n".join((ALGORITHM, str(request.at), scope, _sha256(canonical)))
    derived = f"TC3{secret}".encode()
    for part in (day, request.service, "tc3_request"):
        derived = hmac.digest(derived, part.encode(), hashlib.sha256)
    signature = hmac.digest(derived, to_sign.encode(), hashlib.sha256).hex()
    return f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders=content-type;host, Signature={signature}"


class TencentSender:
    """Send codes by a template with one parameter, without retries, as a retry might send a second message."""

    def __init__(self, http: httpx.AsyncClient, account: GatewayAccount) -> None:
        self._http = http
        self._account = account

    async def send(self, telephone: str, code: str) -> None:
        """Send a code; return when the gateway has accepted the message. Raises `NotSent`."""
        account = self._account
        request = SignedRequest("sms", account.host, int(time.time()), json.dumps(self._body(telephone, code)))
        headers = {
            "authorization": authorization(account.key, account.secret, request),
            "content-type": TYPE,
            "host": request.host,
            "x-tc-action": "SendSms",
            "x-tc-timestamp": str(request.at),
            "x-tc-version": "2021-01-11",
            "x-tc-region": account.region,
        }
        response = await post(self._http, account.url, content=request.body, headers=headers)
        result = _result_code(json_object(response))
        if result != "Ok":
            raise CODES.refusal("Tencent Cloud", response.status_code, result)

    def _body(self, telephone: str, code: str) -> dict[str, object]:
        return {
            "PhoneNumberSet": [self._account.e164(telephone)],
            "SmsSdkAppId": self._account.app,
            "SignName": self._account.sender,
            "TemplateId": self._account.template,
            "TemplateParamSet": [code],
        }


def _result_code(response: object) -> object:
    match response:
        case {"Response": {"Error": {"Code": code}}}:
            return code
        case {"Response": {"SendStatusSet": [{"Code": code}]}}:
            return code
    return None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
