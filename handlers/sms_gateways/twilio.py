"""Twilio Programmable Messaging: a message resource of 2010-04-01, with basic authentication."""

import httpx

from handlers.senders.base import Account, NotSent, fields, posted

ENDPOINT = "https://api.twilio.com"


class TwilioSender:
    """Sends a text, from a number or (`MG…`) a messaging service.

    Not tried again after trouble: creating a message knows no idempotency key, so that a repeat could reach the person
    twice.
    """

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self._http = http
        self._account = account

    async def send(self, telephone: str, code: str) -> None:
        """Hand the message over. Raises `NotSent`."""
        account = self._account
        origin = "MessagingServiceSid" if account.sender.startswith("MG") else "From"
        form = {"To": account.e164(telephone), origin: account.sender, "Body": account.text.replace("{code}", code)}
        url = f"{account.url}/2010-04-01/Accounts/{account.key}/Messages.json"
        answer = await posted(self._http, url, data=form, auth=(account.key, account.secret))
        if not answer.is_success:
            raise NotSent(f"Twilio answered {answer.status_code} with the code {fields(answer).get('code')!r}")
