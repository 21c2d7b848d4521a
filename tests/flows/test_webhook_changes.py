"""Webhooks that are changed while deliveries are under way, over real servers."""

from uuid import uuid4

from tests.support.client import Client
from tests.support.gateway import gateway
from tests.support.webhooks import a_receiver, told, verified


def name() -> str:
    return f"user_{uuid4().hex}"


async def test_a_receiver_that_says_that_it_is_gone_after_it_was_replaced_disables_nothing(client: Client) -> None:
    async with gateway((204, None)) as former, gateway((204, None)) as present:
        webhook = await a_receiver(client, former, "user.*")
        former.answers = [(410, {})]
        former.open.clear()
        user = await client.done("user.create", {"username": name()})
        await former.arrived(1)
        await client.done("webhook.update", {"id": webhook["id"], "url": f"{present.url}/hook"})
        former.open.set()
        await present.arrived(1)
        await told(client, webhook, "delivered", 2)
        seen = await client.done("webhook.get", {"id": webhook["id"]})
    assert (seen["enabled"], seen["disabled_because"]) == (True, None)
    assert verified(webhook, present.received[0])["subject"] == f"user/{user['id']}"


async def test_what_waits_for_a_webhook_that_is_made_plain_comes_without_personal_data(client: Client) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*")
        played.answers = [(503, {}), (204, None)]
        email = f"{name()}@example.com"
        await client.done("user.create", {"username": name(), "email": email})
        await played.arrived(1)
        await client.done("webhook.update", {"id": webhook["id"], "plain": True})
        await played.arrived(2)
    first, again = [verified(webhook, request) for request in played.received]
    assert first["id"] == again["id"]
    assert [each["data"]["email"] for each in (first, again)] == [email, None]
