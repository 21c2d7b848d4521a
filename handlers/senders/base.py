"""What every SMS gateway is to us."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx


class NotSent(Exception):
    """The gateway did not take the message; the text is for the log and holds neither number nor code."""


class Sender(Protocol):
    """Hands a code to a gateway."""

    async def send(self, telephone: str, code: str) -> None:
        """Return once the gateway has taken the message. Raises `NotSent`."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a vendor: where its API is, who we are there, what is sent.

    `sender` is the signature's name or the sending number; vendors with templates use `template` (Tencent Cloud also
    `app` and `region`), Twilio `text`. `country` is the calling code of numbers that are written without `+`.
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
        """The host, with its port where it is not the scheme's own."""
        return urlsplit(self.url).netloc

    def e164(self, telephone: str) -> str:
        """The number in E.164."""
        return telephone if telephone.startswith("+") else f"+{self.country}{telephone}"


async def posted(http: httpx.AsyncClient, url: str, **request: Any) -> httpx.Response:
    """The gateway's answer to a POST, whatever its status. Raises `NotSent` when there is none."""
    try:
        return await http.post(url, **request)
    except httpx.HTTPError as error:
        raise NotSent(f"the gateway cannot be reached: {type(error).__name__}") from error


def fields(answer: httpx.Response) -> Mapping[str, Any]:
    """The JSON object in an answer. Raises `NotSent` when it holds none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NotSent(f"the gateway answered {answer.status_code} without a JSON object")
    return body
