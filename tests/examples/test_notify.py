"""examples/notify with a worker, RabbitMQ, MongoDB and webhooks on the loopback address."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.examples.own_queues import OwnQueues, own_queues
from tests.examples.program import Program
from tests.support.client import Client
from tests.support.gateway import Gateway
from tests.support.proxy import proxy
from tests.support.stack import Stack

READY = "waiting for events"
Make = Callable[[str, int], Program]


def unique(text: str) -> str:
    return f"{text}_{uuid4().hex[:8]}"


@pytest.fixture
async def queues(stack: Stack) -> AsyncIterator[OwnQueues]:
    async with own_queues(stack.amqp_url, "notify") as up:
        yield up


@pytest.fixture
async def group(client: Client) -> int:
    """A group of three: at Lark and Slack, at DingTalk, at Slack."""
    for name in ("lark", "dingtalk", "slack"):
        await client.call("integration.create", {"name": name})
    app = await client.done("app.create", {"code": unique("app"), "name": "App"})
    group = await client.done("group.create", {"app_id": app["id"], "code": unique("watchers"), "name": "Watchers"})
    for accounts in (("slack", "lark"), ("dingtalk",), ("slack",)):
        bound = [{"integration": name, "account": unique(name)} for name in accounts]
        await client.done("user.create", {"username": unique("w"), "accounts": bound, "group_ids": [group["id"]]})
    return int(group["id"])


def texts(webhooks: Gateway) -> dict[str, str]:
    """What was sent to each of the three."""
    sent = {one.path: json.loads(one.body) for one in webhooks.received}
    found = {"/lark": ("content", "text"), "/dingtalk": ("text", "content")}
    return {
        path: body[found[path][0]][found[path][1]] if path in found else body["text"] for path, body in sent.items()
    }


async def create_user(client: Client) -> tuple[str, dict[str, Any]]:
    """A name, and the event that somebody has it now."""
    name = unique("Ada")
    events = await client.events("user.created")
    user = await client.done("user.create", {"username": unique("ada"), "name": name})
    [event] = await events.about(f"user/{user['id']}", 1)
    return name, event


async def test_everybody_in_the_group_is_told_once_at_the_first_place_that_fits(
    stack: Stack, client: Client, group: int, make_notifier: Make, webhooks: Gateway, queues: OwnQueues
) -> None:
    async with make_notifier(stack.amqp_url, group) as notifier:
        await notifier.start(READY)
        name, event = await create_user(client)
        await webhooks.arrived(3)
        said = texts(webhooks)
        assert said["/lark"].startswith('<at user_id="lark_')
        assert said["/dingtalk"].startswith("@dingtalk_")
        assert said["/slack"].startswith("<@slack_")
        assert all(text.endswith(f" {name} has joined.") for text in said.values())
        await queues.give(json.dumps(event).encode(), message_id=event["id"])
        await notifier.wait_said(f"event {event['id']} is a repeat")
        assert await notifier.stop() == 0
        await queues.wait_empty()
    assert len(webhooks.received) == 3


async def test_a_kill_in_the_middle_leaves_nobody_out_and_tells_nobody_twice(
    stack: Stack, client: Client, group: int, make_notifier: Make, webhooks: Gateway, queues: OwnQueues
) -> None:
    async with make_notifier(stack.amqp_url, group) as notifier:
        await notifier.start(READY)
        webhooks.at_once = 1
        webhooks.open.clear()
        name, event = await create_user(client)
        await webhooks.arrived(2)
        await notifier.kill()
        webhooks.open.set()
        await notifier.start(READY)
        letter = await queues.take_dead_letter()
        assert letter.message_id == event["id"]
        assert "at dingtalk: unknown" in str(letter.headers["x-reason"])
        assert await notifier.stop() == 0
        await queues.wait_empty()
    assert [one.path for one in webhooks.received] == ["/lark", "/dingtalk", "/slack"]
    assert all(name in text for text in texts(webhooks).values())


async def test_a_connection_that_is_lost_in_the_middle_tells_nobody_twice(
    stack: Stack, client: Client, group: int, make_notifier: Make, webhooks: Gateway, queues: OwnQueues
) -> None:
    async with proxy(stack.amqp_url) as (link, url), make_notifier(url, group) as notifier:
        await notifier.start(READY)
        webhooks.at_once = 1
        webhooks.open.clear()
        _, event = await create_user(client)
        await webhooks.arrived(2)
        link.cut()
        link.heal()
        webhooks.open.set()
        await notifier.wait_said(f"event {event['id']} is a repeat")
        assert await notifier.stop() == 0
        await queues.wait_empty()
    assert [one.path for one in webhooks.received] == ["/lark", "/dingtalk", "/slack"]


async def test_whoever_stops_it_in_the_middle_waits_for_the_event_in_hand(
    stack: Stack, client: Client, group: int, make_notifier: Make, webhooks: Gateway, queues: OwnQueues
) -> None:
    async with make_notifier(stack.amqp_url, group) as notifier:
        await notifier.start(READY)
        webhooks.at_once = 1
        webhooks.open.clear()
        await create_user(client)
        await webhooks.arrived(2)
        stopping = asyncio.create_task(notifier.stop())
        await asyncio.sleep(0)
        webhooks.open.set()
        assert await stopping == 0
        await queues.wait_empty()
    assert len(webhooks.received) == 3


async def test_what_is_no_event_goes_to_the_dead_letters_and_the_next_event_is_told(
    stack: Stack, client: Client, group: int, make_notifier: Make, webhooks: Gateway, queues: OwnQueues
) -> None:
    async with make_notifier(stack.amqp_url, group) as notifier:
        await notifier.start(READY)
        for body in (b"[" * 100_000, b"{}", b'{"id": 1, "type": "t", "subject": "s", "data": {}}'):
            await queues.give(body)
            letter = await queues.take_dead_letter()
            assert (letter.body, "no event of userbus" in str(letter.headers["x-reason"])) == (body, True)
        await create_user(client)
        await webhooks.arrived(3)
        assert await notifier.stop() == 0
