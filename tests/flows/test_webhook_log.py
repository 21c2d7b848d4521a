"""The log of a webhook's deliveries, and redriving those that failed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from models.store.document import now
from models.webhook_delivery_log import KEPT, DeliveryRepository
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.webhooks import a_webhook


@pytest.fixture
async def rows(stack: Stack) -> AsyncIterator[Any]:
    collection = stack.worker.dependencies.store.collection(DeliveryRepository.collection)
    yield collection
    await collection.delete_many({"event": "log.tested"})


def failed(webhook: dict[str, Any], number: int) -> dict[str, Any]:
    """A delivery that failed for good, so many minutes ago."""
    at = now() - timedelta(minutes=number)
    told = {"event_id": f"event-{number}", "event": "log.tested", "subject": f"user/{number}", "sequence": number}
    state = {"state": "failed", "attempts": 9, "outcome": "answered 500", "body": '{"data": "personal"}'}
    times = {"created_at": at, "updated_at": at, "first_at": at, "expires_at": at + KEPT}
    return {"_id": f"{webhook['id']}/event-{number}", "webhook_id": webhook["id"], **told, **state, **times}


async def test_the_log_tells_the_newest_first_without_the_events(client: Client, rows: Any) -> None:
    webhook = await a_webhook(client)
    await rows.insert_many([failed(webhook, number) for number in (3, 1, 2)])
    page = await client.done("webhook.deliveries", {"id": webhook["id"], "size": 2})
    assert [item["id"] for item in page["items"]] == ["event-1", "event-2"]
    assert page["items"][0] | {"created_at": None, "updated_at": None} == {
        "id": "event-1", "event": "log.tested", "subject": "user/1", "sequence": 1, "state": "failed", "attempts": 9,
        "outcome": "answered 500", "due": None, "created_at": None, "updated_at": None,
    }  # fmt: skip
    rest = await client.done("webhook.deliveries", {"id": webhook["id"], "after": page["next"], "state": "failed"})
    assert [item["id"] for item in rest["items"]] == ["event-3"]
    assert "personal" not in f"{page}{rest}"


async def test_what_failed_is_redriven_one_by_one_or_all_together(client: Client, rows: Any) -> None:
    webhook, other = await a_webhook(client), await a_webhook(client)
    await rows.insert_many([failed(each, number) for each in (webhook, other) for number in (1, 2, 3)])
    one = {"id": webhook["id"], "event_id": "event-2"}
    assert await client.done("webhook.redrive", one) == {"redriven": 1, "more": False}
    assert await client.done("webhook.redrive", one) == {"redriven": 0, "more": False}
    assert await client.done("webhook.redrive", {"id": webhook["id"]}) == {"redriven": 2, "more": False}
    left = await client.done("webhook.deliveries", {"id": other["id"], "state": "failed"})
    assert len(left["items"]) == 3


async def test_a_command_redrives_a_thousand(client: Client, rows: Any) -> None:
    webhook = await a_webhook(client)
    await rows.insert_many([failed(webhook, number) for number in range(1, 1003)])
    assert await client.done("webhook.redrive", {"id": webhook["id"]}) == {"redriven": 1000, "more": True}
    assert await client.done("webhook.redrive", {"id": webhook["id"]}) == {"redriven": 2, "more": False}
