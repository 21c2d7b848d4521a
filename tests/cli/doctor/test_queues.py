"""Queues without the management API: how many messages wait, and whether anybody consumes them."""

import asyncio
import json

import pytest

from cli.doctor.queues import check_depth
from client.broker import QueueState
from contracts.topology.declared import declared_topology
from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.dead_letters import add_dead_letters
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

QUEUES = {queue.name: queue for queue in declared_topology(10_000, 7).queues}


def depth(name: str, messages: int, consumers: int) -> list[tuple[str, str]]:
    return [(each.state, each.told) for each in check_depth(QUEUES[name], QueueState(messages, consumers))]


@pytest.mark.parametrize(
    ("name", "messages", "consumers", "told"),
    [
        ("userbus.user", 999, 1, []),
        ("userbus.user", 1000, 1, [("warning", "1000 messages wait")]),
        ("userbus.user", 8001, 1, [("broken", "8001 messages of 10000")]),
        ("userbus.user", 5, 0, [("broken", "nobody consumes it")]),
        ("userbus.user", 9000, 0, [("broken", "9000 messages of 10000"), ("broken", "nobody consumes it")]),
        ("userbus.retry.1s", 1000, 0, []),
        ("userbus.dead", 1, 0, [("warning", "1 messages")]),
    ],
)
def test_what_waits_and_who_consumes(name: str, messages: int, consumers: int, told: list[tuple[str, str]]) -> None:
    assert depth(name, messages, consumers) == told


async def test_the_doctor_sees_them_over_amqp(client: Client, stack: Stack) -> None:
    await add_dead_letters(client, 2)
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                _, out, err = await run_userbus(stack.amqp_url, "doctor", "--json")
                findings = {each["what"]: each for each in map(json.loads, out.splitlines())}
                if "userbus.dead" in findings:
                    break
        assert (err, findings["userbus.dead"]["state"], findings["management"]["state"]) == ("", "warning", "not seen")
        assert "userbus.user" not in findings
    finally:
        await (await client.channel.get_queue("userbus.dead", ensure=False)).purge()


async def test_a_broker_that_is_away_is_told(stack: Stack) -> None:
    status, out, _ = await run_userbus("amqp://guest:guest@127.0.0.1:9", "doctor", "--json")
    findings = {each["what"]: each["state"] for each in map(json.loads, out.splitlines())}
    assert (status, findings["connection"], findings["queues"]) == (1, "broken", "not seen")
