"""The interface of SMS gateways, and what their senders share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from models.telephones import e164


class NotSent(Exception):
    """The gateway did not accept the message; the text is for the log and has neither number nor code."""

    outcome = "not_sent"


class NotAsked(NotSent):
    """The gateway was not reached: nothing was asked of it."""


class NumberRefused(NotSent):
    """The gateway will never send to this number."""

    outcome = "number_refused"


class AccountRefused(NotSent):
    """The gateway refuses the account, its signature or its template: the operator has to look."""

    outcome = "account_refused"


class Unanswered(NotSent):
    """The gateway may have accepted the message: the request reached it, and no answer came."""

    outcome = "unanswered"


NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class RefusalCodes:
    """A vendor's codes: those of numbers that it refuses, and the beginnings of those that pass with time."""

    numbers: frozenset[str]
    temporary: tuple[str, ...]

    def refusal(self, vendor: str, status: int, code: object) -> NotSent:
        """The error for a response with this status and code; an unknown code concerns the account."""
        reason, text = f"{vendor} answered {status} with the code {code!r}", str(code)
        if text in self.numbers:
            return NumberRefused(reason)
        if code is None or status == 429 or status >= 500 or text.startswith(self.temporary):
            return NotSent(reason)
        return AccountRefused(reason)


class SmsSender(Protocol):
    """Sends codes by a gateway."""

    async def send(self, telephone: str, code: str) -> None:
        """Send a code; return when the gateway has accepted the message. Raises `NotSent`."""


@dataclass(frozen=True, slots=True)
class GatewayAccount:
    """An account at a vendor: the URL of its API, the credentials, and what is sent.

    `sender` is the signature's name or the sending number; vendors with templates use `template` (Tencent Cloud also
    `app` and `region`), Twilio `text`, with an API key also `app`, the account's SID. `country` is the calling code
    of numbers that are written without `+`.
    """

    url: str
    key: str
    secret: str
    sender: str
    template: str = ""
    app: str = ""
    region: str = ""
    country: str = "86"
    text: str = "{code}"

    @property
    def host(self) -> str:
        """The host, with its port unless it is the default one of the scheme."""
        return urlsplit(self.url).netloc

    def e164(self, telephone: str) -> str:
        """The number in E.164 format."""
        return e164(telephone, self.country)


async def post(http: httpx.AsyncClient, url: str, **request: Any) -> httpx.Response:
    """Post a request and return the response of whatever status. Raises `NotAsked` or `Unanswered` if there is none."""
    try:
        return await http.post(url, **request)
    except NEVER_REACHED as error:
        raise NotAsked(f"the gateway cannot be reached: {type(error).__name__}") from error
    except httpx.HTTPError as error:
        raise Unanswered(f"the gateway did not answer: {type(error).__name__}") from error


def json_object(response: httpx.Response) -> Mapping[str, Any]:
    """The JSON object in a response. Raises `NotSent` if it has none."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NotSent(f"the gateway answered {response.status_code} without a JSON object")
    return body
