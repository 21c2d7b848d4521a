"""What else comes to the queue of webhooks than events, by whoever may send to the exchange: it holds up nothing."""

import json
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from contracts.catalog import EVENTS_EXCHANGE
from tests.support.bus_contract import MADE_UP
from tests.support.client import Client
from tests.support.gateway import gateway
from tests.support.stack import Stack
from tests.support.webhooks import a_receiver, told, verified

EVENT = {"id": "junk", "subject": "user/1", "sequence": 1, "data": {}}


def junk(body: Any) -> aio_pika.Message:
    return aio_pika.Message(json.dumps(body).encode(), app_id=f"{MADE_UP}junk")


@pytest.fixture
async def events(stack: Stack) -> Any:
    """The exchange of events."""
    connection = await aio_pika.connect(stack.amqp_url)
    async with connection:
        yield await (await connection.channel()).get_exchange(EVENTS_EXCHANGE, ensure=False)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("webhook.deleted", EVENT | {"subject": "webhook/x"}),
        ("webhook.deleted", EVENT | {"subject": f"webhook/{2**70}"}),
        ("user.erased", EVENT | {"subject": {"$gt": ""}}),
        ("user.created", EVENT | {"sequence": 2**70}),
        ("user.created", EVENT | {"id": {"x": 1}, "subject": ["user/1"]}),
        ("user.created", EVENT | {"subject": "user/\ud800"}),
        ("user.created", EVENT | {"data": 1}),
        ("user.created", {"id": "junk", "subject": "user/1", "sequence": 1}),
        ("user.created", [1]),
    ],
)
async def test_junk_is_dropped_and_holds_up_no_event(client: Client, events: Any, name: str, body: Any) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "user.*", plain=True)
        await events.publish(junk(body), name)
        user = await client.done("user.create", {"username": f"user_{uuid4().hex}"})
        await played.arrived(1)
        assert [verified(webhook, each)["subject"] for each in played.received] == [f"user/{user['id']}"]
        await client.done("webhook.delete", {"id": webhook["id"]})


async def test_an_event_of_a_name_that_is_unknown_comes_without_data_where_it_must_be_plain(
    client: Client, events: Any
) -> None:
    async with gateway((204, None)) as played:
        webhook = await a_receiver(client, played, "#", plain=True)
        await events.publish(junk(EVENT | {"data": {"email": "ada@example.com"}}), "webhook.praised")
        names: list[str] = []
        while "webhook.praised" not in names:
            names = [each["event"] for each in await told(client, webhook, "delivered", len(names) + 1)]
        # the deletion of another test's webhook may have been on its way
        expected = ["webhook.created", "webhook.tested", "webhook.praised"]
        assert [name for name in names if name != "webhook.deleted"] == expected
        bodies = [verified(webhook, each) for each in played.received]
        assert [body for body in bodies if body["id"] == "junk"] == [EVENT | {"data": {}}]
        await client.done("webhook.delete", {"id": webhook["id"]})
