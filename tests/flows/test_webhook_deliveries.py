"""What receivers of webhooks get, over real servers: signed, in order, again until it is taken."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.client import Client
from tests.support.gateway import gateway
from tests.support.patience import PATIENCE
from tests.support.webhooks import a_receiver, told, verified


def name() -> str:
    return f"user_{uuid4().hex}"


async def a_changed_user(client: Client, changes: int) -> dict[str, Any]:
    """A user with so many events after its creation."""
    user: dict[str, Any] = await client.done("user.create", {"username": name(), "email": f"{name()}@example.com"})
    for _ in range(changes):
        await client.done("user.update", {"id": user["id"], "name": name()})
    return user


async def test_events_come_signed_once_and_in_the_order_of_their_subject(client: Client) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*")
        bus = await client.events("user.*")
        users = await asyncio.gather(*(a_changed_user(client, 4) for _ in range(5)))
        await played.arrived(25)
        await told(client, webhook, "delivered", 26)
    received = [verified(webhook, request) for request in played.received]
    assert len({event["id"] for event in received}) == len(received) == 25
    on_the_bus = [await bus.next() for _ in range(25)]
    for user in users:
        subject = f"user/{user['id']}"
        of_user = [event for event in received if event["subject"] == subject]
        assert [event["sequence"] for event in of_user] == [1, 2, 3, 4, 5]
        assert of_user == [event for event in on_the_bus if event["subject"] == subject]
    assert {request.headers["content-type"] for request in played.received} == {"application/cloudevents+json"}


async def test_a_signature_by_another_secret_is_told_apart_and_a_new_secret_signs_beside_the_former(
    client: Client,
) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "sms.*")
        changed = await client.done("webhook.update", {"id": webhook["id"], "new_secret": True})
        await client.done("webhook.test", {"id": webhook["id"]})
        await played.arrived(1)
    (request,) = played.received
    assert verified(webhook, request) == verified(changed, request)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(request.body, request.headers)


async def test_only_what_a_webhook_wants_is_delivered_and_without_personal_data_if_plain(client: Client) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.updated", plain=True)
        user = await a_changed_user(client, 1)
        await played.arrived(1)
        log = await told(client, webhook, "delivered", 2)
    event = verified(webhook, played.received[0])
    assert (event["type"], event["subject"]) == ("userbus.user.updated.v1", f"user/{user['id']}")
    assert (event["data"]["id"], event["data"]["email"]) == (user["id"], None)
    assert [each["event"] for each in log] == ["webhook.tested", "user.updated"]


async def test_what_is_not_taken_comes_again_and_its_subject_waits_but_no_other(client: Client) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*")
        played.answers = [(500, {}), (204, None)]
        first = await a_changed_user(client, 2)
        other = await a_changed_user(client, 0)
        await told(client, webhook, "delivered", 5)
    events = [(verified(webhook, each), int(each.headers["webhook-timestamp"])) for each in played.received]
    assert [event["sequence"] for event, _ in events if event["subject"] == f"user/{other['id']}"] == [1]
    received = [(event, at) for event, at in events if event["subject"] == f"user/{first['id']}"]
    assert [event["sequence"] for event, _ in received] == [1, 1, 2, 3]
    (refused, refused_at), (repeated, repeated_at) = received[:2]
    assert refused["id"] == repeated["id"]
    assert refused_at < repeated_at


async def test_a_receiver_that_hangs_holds_up_no_other(client: Client) -> None:
    async with gateway((204, None)) as stuck, gateway((204, None)) as played:
        hanging, webhook = [await a_receiver(client, each, "user.*") for each in (stuck, played)]
        stuck.open.clear()
        user = await a_changed_user(client, 3)
        await stuck.arrived(1)
        await told(client, webhook, "delivered", 5)
        assert [verified(webhook, each)["sequence"] for each in played.received] == [1, 2, 3, 4]
        waiting = await told(client, hanging, "waiting", 4)
        assert {each["subject"] for each in waiting} == {f"user/{user['id']}"}
        await client.done("webhook.delete", {"id": hanging["id"]})


async def test_a_redirect_is_not_followed_and_long_answers_are_not_read(client: Client) -> None:
    async with gateway((204, None)) as elsewhere, gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*")
        played.answers = [(302, {}), (200, "x" * 1_000_000)]
        played.location = f"{elsewhere.url}/hook"
        await a_changed_user(client, 0)
        await told(client, webhook, "delivered", 2)
    assert elsewhere.received == []
    assert len(played.received) == 2


async def test_an_erased_user_is_erased_from_what_waits_and_a_deleted_webhook_leaves_nothing(
    client: Client, stack: Any
) -> None:
    rows = stack.worker.dependencies.store.collection("webhook_deliveries")
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*")
        played.answers = [(500, {})]
        user = await a_changed_user(client, 1)
        await told(client, webhook, "waiting", 2)
        await client.done("user.delete", {"id": user["id"]})
        async with asyncio.timeout(PATIENCE):
            while [each["event"] for each in await told(client, webhook, "waiting", 0)] != ["user.erased"]:
                await asyncio.sleep(0.05)
        stored = [row async for row in rows.find({"webhook_id": webhook["id"], "subject": f"user/{user['id']}"})]
        assert user["email"] not in f"{stored}"
        await client.done("webhook.delete", {"id": webhook["id"]})
        async with asyncio.timeout(PATIENCE):
            while await rows.count_documents({"webhook_id": webhook["id"]}):
                await asyncio.sleep(0.05)
