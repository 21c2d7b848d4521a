"""Twilio Programmable Messaging: a message resource of 2010-04-01, with basic authentication."""

import httpx

from handlers.sms_gateways.gateway import GatewayAccount, RefusalCodes, json_object, post

ENDPOINT = "https://api.twilio.com"
CODES = RefusalCodes(
    numbers=frozenset({"21211", "21214", "21217", "21610", "21612", "21614"}),
    temporary=("20429", "20500", "20503", "21611", "30001", "30008"),
)
UNSENT = ("failed", "undelivered", "canceled")


class TwilioSender:
    """Send codes in a text, from a number or a messaging service (`MG…`).

    Without retries: creating a message has no idempotency key, so that a retry might send a second message.
    """

    def __init__(self, http: httpx.AsyncClient, account: GatewayAccount) -> None:
        self._http = http
        self._account = account

    async def send(self, telephone: str, code: str) -> None:
        """Send a code; return when the gateway has accepted the message. Raises `NotSent`."""
        account = self._account
        origin = "MessagingServiceSid" if account.sender.startswith("MG") else "From"
        form = {"To": account.e164(telephone), origin: account.sender, "Body": account.text.replace("{code}", code)}
        # an API key (SK…) is not an account: the path names the account that it belongs to
        url = f"{account.url}/2010-04-01/Accounts/{account.app or account.key}/Messages.json"
        response = await post(self._http, url, data=form, auth=(account.key, account.secret))
        body = json_object(response)
        if not response.is_success:
            raise CODES.refusal("Twilio", response.status_code, body.get("code"))
        if not body.get("sid") or body.get("status") in UNSENT:
            raise CODES.refusal("Twilio", response.status_code, body.get("error_code"))
