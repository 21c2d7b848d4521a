"""`userbus webhook`: subscribing a receiver, looking at its deliveries, and sending again what failed."""

import json
from typing import Any

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.gateway import gateway
from tests.support.stack import Stack
from tests.support.webhooks import told, verified


async def run_json(stack: Stack, *words: str) -> list[dict[str, Any]]:
    """What a command prints with --json; it must succeed."""
    status, out, err = await run_userbus(stack.amqp_url, "webhook", *words, "--json")
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


async def test_a_receiver_is_subscribed_tested_looked_at_and_deleted(stack: Stack, client: Client) -> None:
    async with gateway((204, None)) as played:
        (made,) = await run_json(stack, "create", "--url", f"{played.url}/hook", "--events", '["sms.*", "role.*"]')
        id = str(made["id"])
        assert (made["events"], made["enabled"]) == (["sms.*", "role.*"], True)
        await run_json(stack, "test", id)
        await told(client, made, "delivered", 1)
    assert verified(made, played.received[0])["type"] == "userbus.webhook.tested.v1"
    (delivery,) = await run_json(stack, "deliveries", id, "--state", "delivered")
    assert (delivery["event"], delivery["outcome"], delivery["attempts"]) == ("webhook.tested", "answered 204", 1)
    listed = await run_json(stack, "list", "--size", "1000")
    assert made["id"] in [each["id"] for each in listed]
    assert made["secret"] not in f"{listed}"
    assert await run_json(stack, "redrive", id) == [{"redriven": 0, "more": False}]
    (gone,) = await run_json(stack, "delete", id, "--yes")
    assert gone["id"] == made["id"]


async def test_an_option_that_says_no_is_not_passed_over(stack: Stack) -> None:
    url = ("--url", "https://receiver.example/", "--events", '["sms.*"]')
    (made,) = await run_json(stack, "create", *url, "--no-enabled")
    assert not made["enabled"]
    (changed,) = await run_json(stack, "update", str(made["id"]), "--enabled", "true")
    assert changed["enabled"]
    await run_json(stack, "delete", str(made["id"]), "--yes")
