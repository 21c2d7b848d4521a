"""Webhooks in tests: subscriptions, what their receivers see, and what the log tells."""

import asyncio
import json
from typing import Any

from standardwebhooks import Webhook

from tests.support.client import Client
from tests.support.gateway import Gateway, Received
from tests.support.patience import PATIENCE

URL = "https://receiver.example/hook?key=a-key-of-the-receiver"


async def a_webhook(client: Client, **fields: Any) -> dict[str, Any]:
    """A webhook, by default for events that these tests do not make."""
    made: dict[str, Any] = await client.done("webhook.create", {"url": URL, "events": ["sms.*"], **fields})
    return made


async def a_receiver(client: Client, played: Gateway, *events: str, **fields: Any) -> dict[str, Any]:
    """A webhook to a receiver, once its test event has come: then all others will; the receiver forgets that."""
    webhook = await a_webhook(client, url=f"{played.url}/hook", events=[*events], **fields)
    await client.done("webhook.test", {"id": webhook["id"]})
    await played.arrived(1)
    await told(client, webhook, "delivered", 1)
    played.received.clear()
    return webhook


async def told(client: Client, webhook: dict[str, Any], state: str, count: int) -> list[dict[str, Any]]:
    """The deliveries in a state, the oldest first, once there are so many."""
    async with asyncio.timeout(2 * PATIENCE):
        while True:
            page = await client.done("webhook.deliveries", {"id": webhook["id"], "state": state, "size": 1000})
            if len(page["items"]) >= count:
                # what came within one millisecond is listed in any order
                return sorted(page["items"], key=lambda each: (each["created_at"], each["sequence"]))
            await asyncio.sleep(0.05)


def verified(webhook: dict[str, Any], request: Received) -> dict[str, Any]:
    """The event in a request, whose signature the official library has checked."""
    event: dict[str, Any] = Webhook(webhook["secret"]).verify(request.body, request.headers)
    assert event == json.loads(request.body)
    assert request.headers["webhook-id"] == event["id"]
    return event
