"""Webhooks whose receivers, or whose workers, are away: on servers and with workers of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from models.store.document import now
from tests.support.client import Client
from tests.support.gateway import Gateway, gateway
from tests.support.stack import fresh_database, settings
from tests.support.stores import open_store
from tests.support.webhooks import a_receiver, a_webhook, told, verified
from worker.app import Worker, run_worker

SECOND = 1 / 3600


class Given:
    """Servers with a database of their own, and a client."""

    def __init__(self, servers: RunningServers, client: Client) -> None:
        self._servers = servers
        self._database = fresh_database(servers.mongo_url)
        self.client = client

    @asynccontextmanager
    async def worker(self, **changed: Any) -> AsyncIterator[Worker]:
        """A worker until the block ends."""
        async with run_worker(settings(self._servers, mongo_url=self._database, **changed)) as up:
            yield up

    async def age_attempts(self, by: timedelta) -> None:
        """Let the first attempts of what waits be so old."""
        async with open_store(self._database) as store:
            first = {"$set": {"first_at": now() - by}}
            await store.collection("webhook_deliveries").update_many({"state": "waiting"}, first)

    async def user(self, changes: int = 0) -> str:
        """The subject of a new user with so many events after its creation."""
        user = await self.client.done("user.create", {"username": f"user_{uuid4().hex}"})
        for _ in range(changes):
            await self.client.done("user.update", {"id": user["id"], "name": uuid4().hex})
        return f"user/{user['id']}"


@pytest.fixture
async def given(apart: RunningServers) -> AsyncIterator[Given]:
    async with Client(apart.amqp_url) as client:
        yield Given(apart, client)


def sequences(webhook: dict[str, Any], played: Gateway, subject: str) -> list[int]:
    events = [verified(webhook, request) for request in played.received]
    return [event["sequence"] for event in events if event["subject"] == subject]


async def test_a_receiver_that_was_down_gets_everything_in_order_from_the_next_worker(given: Given) -> None:
    async with AsyncExitStack() as life:
        played = await life.enter_async_context(gateway((204, None)))
        async with given.worker():
            webhook = await a_receiver(given.client, played, "user.*")
            await life.aclose()
            subject = await given.user(changes=2)
            (first, *_) = await told(given.client, webhook, "waiting", 3)
            assert first["sequence"] == 1
    async with gateway((204, None), port=played.port) as back, given.worker():
        await told(given.client, webhook, "delivered", 4)
    assert sequences(webhook, back, subject) == [1, 2, 3]


async def test_a_receiver_that_fails_for_long_is_disabled_and_what_failed_is_redriven(given: Given) -> None:
    client = given.client
    async with given.worker(webhook_hours=SECOND), gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*")
        events = await client.events("webhook.*")
        played.answers = [(503, {})]
        subject = await given.user()
        (disabled,) = await events.about(f"webhook/{webhook['id']}", 1)
        assert (disabled["type"], disabled["data"]["disabled_because"]) == ("userbus.webhook.disabled.v1", "failing")
        (lost,) = await told(client, webhook, "failed", 1)
        assert (lost["subject"], lost["outcome"], lost["due"]) == (subject, "answered 503", None)
        seen = await client.done("webhook.get", {"id": webhook["id"]})
        assert (seen["enabled"], seen["disabled_because"]) == (False, "failing")
        await given.user()  # while it is disabled nothing is kept
        played.answers = [(204, None)]
        enabled = await client.done("webhook.update", {"id": webhook["id"], "enabled": True})
        assert enabled["disabled_because"] is None
        assert await client.done("webhook.redrive", {"id": webhook["id"]}) == {"redriven": 1, "more": False}
        log = await told(client, webhook, "delivered", 2)
    assert log[-1]["id"] == lost["id"]
    assert {each["subject"] for each in log} == {f"webhook/{webhook['id']}", subject}


async def test_a_receiver_that_is_gone_is_disabled_at_once(given: Given) -> None:
    async with given.worker(), gateway((204, None)) as played:
        webhook = await a_receiver(given.client, played, "user.*")
        events = await given.client.events("webhook.disabled")
        played.answers = [(410, {})]
        await given.user()
        (disabled,) = await events.about(f"webhook/{webhook['id']}", 1)
        assert (disabled["data"]["enabled"], disabled["data"]["disabled_because"]) == (False, "gone")
        assert len(await told(given.client, webhook, "waiting", 1)) == 1


async def test_what_waits_is_tried_for_days_again_once_its_webhook_is_enabled(given: Given) -> None:
    async with given.worker(), gateway((204, None)) as played:
        webhook = await a_receiver(given.client, played, "user.*")
        events = await given.client.events("webhook.disabled")
        played.answers = [(410, {})]
        subject = await given.user()
        await events.about(f"webhook/{webhook['id']}", 1)
        await given.age_attempts(timedelta(days=4))
        played.answers = [(503, {}), (204, None)]
        await given.client.done("webhook.update", {"id": webhook["id"], "enabled": True})
        log = await told(given.client, webhook, "delivered", 2)
    assert log[-1]["subject"] == subject


async def test_one_event_that_is_refused_for_long_fails_alone(given: Given) -> None:
    async with given.worker(webhook_hours=SECOND), gateway((204, None)) as played:
        webhook = await a_receiver(given.client, played, "user.*")
        played.answers = [(400, {}), (204, None), (400, {}), (204, None)]
        refused = await given.user()
        await played.arrived(1)
        await given.user()
        (lost,) = await told(given.client, webhook, "failed", 1)
        assert lost["subject"] == refused
        assert (await given.client.done("webhook.get", {"id": webhook["id"]}))["enabled"]


async def test_without_the_setting_nothing_is_sent_to_a_name_of_a_private_address(given: Given) -> None:
    async with gateway((204, None)) as played, given.worker(webhook_networks=""):
        url = played.url.replace("http://127.0.0.1", "https://localhost")
        webhook = await a_webhook(given.client, url=url)
        await given.client.done("webhook.test", {"id": webhook["id"]})
        while (await told(given.client, webhook, "waiting", 1))[0]["outcome"] is None:
            pass
        (waiting,) = await told(given.client, webhook, "waiting", 1)
    assert waiting["outcome"] == "localhost has no address that webhooks may be sent to"
    assert played.received == []


async def test_a_worker_of_other_families_delivers_nothing(given: Given) -> None:
    async with (
        given.worker(families=("auth",)) as auth,
        given.worker(families=("user", "account")) as both,
        gateway((204, None)) as played,
    ):
        await a_receiver(given.client, played, "user.*")
        counted = b'userbus_webhook_attempts_total{outcome="delivered"} 1.0'
        shown = [counted in each.metrics.text()[1] for each in (auth, both)]
    assert shown == [False, True]
