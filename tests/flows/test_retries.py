"""What waits on the retry ladder, as a worker tells it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.retries import ListRetries
from contracts.topology.retry_steps import RETRY_STEPS
from devstack.ports import free_port
from models.errors.broker import BrokerUnavailable
from tests.support.client import Client
from tests.support.dead_letters import read_queue
from tests.support.retries import FIRST, add_retries, purge_retries, since
from tests.support.stack import Stack
from worker.bus.retry_ladder import MOST_READS, BrokerRetryLadder

LONGEST = "userbus.retry.10min"


@pytest.fixture(autouse=True)
async def nothing_waits(client: Client) -> AsyncIterator[None]:
    """Nothing waits before a test and after it."""
    await purge_retries(client)
    yield
    await purge_retries(client)


async def test_what_waits_is_listed_the_soonest_first_and_stays(client: Client, stack: Stack) -> None:
    later, earlier = since(), since(500)
    last = await add_retries(client, 2, "10min", **{"x-since": later})
    first = await add_retries(client, 1, "2min", "user.update", **{"x-attempt": 3, "x-since": later})
    for _ in range(2):
        told = await client.done("retry.list", {})
        assert [each["message_id"] for each in told["items"]] == [*first, *last]
    item = told["items"][0]
    assert (item["name"], item["step"], item["attempt"], item["cause"]) == (
        "user.update",
        "2min",
        3,
        "store.unavailable",
    )
    assert item["app_id"] == "billing"
    assert datetime.fromisoformat(item["first"]) == datetime.fromisoformat(FIRST)
    assert datetime.fromisoformat(item["due"]) == datetime.fromisoformat(later) + timedelta(minutes=2)
    assert [(step["step"], step["seconds"]) for step in told["steps"]] == [*RETRY_STEPS.items()]
    assert {step["step"]: step["waiting"] for step in told["steps"] if step["waiting"]} == {"2min": 1, "10min": 2}
    assert [each.message_id for each in await read_queue(stack.amqp_url, LONGEST)] == last
    assert earlier < later


async def test_of_many_the_first_are_listed_and_all_are_counted(client: Client) -> None:
    ids = await add_retries(client, 5)
    told = await client.done("retry.list", {"size": 2})
    assert [each["message_id"] for each in told["items"]] == ids[:2]
    assert told["steps"][-1]["waiting"] == 5


async def test_what_its_headers_do_not_tell_is_null(client: Client) -> None:
    junk: dict[str, Any] = {"x-since": "yesterday", "x-cause": None, "x-first": 5, "x-attempt": "many"}
    await add_retries(client, 1, "10min", "user.create", **junk)
    (item,) = (await client.done("retry.list", {}))["items"]
    assert [item[field] for field in ("since", "due", "cause", "first", "attempt")] == [None, None, None, None, 0]


async def test_one_that_was_read_often_is_told_from_memory(client: Client, stack: Stack) -> None:
    ids, ladder = await add_retries(client, 1), BrokerRetryLadder(stack.amqp_url)
    for _ in range(MOST_READS + 5):
        assert [each.message_id for each in (await ladder.look(10))[-1].messages] == ids
    (message,) = await read_queue(stack.amqp_url, LONGEST)
    assert int(str(message.headers["x-delivery-count"])) == MOST_READS + 1
    await purge_retries(client)
    last = (await ladder.look(10))[-1]
    assert (last.waiting, last.messages) == (0, [])


async def test_what_was_looked_at_is_back_when_the_look_returns(client: Client, stack: Stack) -> None:
    ids, ladder = await add_retries(client, 50), BrokerRetryLadder(stack.amqp_url)
    for _ in range(MOST_READS):
        last = (await ladder.look(50))[-1]
        assert (last.waiting, [each.message_id for each in last.messages]) == (50, ids)


async def test_a_broker_that_does_not_answer_is_told() -> None:
    ladder = BrokerRetryLadder(f"amqp://127.0.0.1:{free_port()}")
    with pytest.raises(BrokerUnavailable) as raised:
        await ladder.look(ListRetries().size)
    assert (raised.value.code, raised.value.kind) == ("broker.unavailable", "unavailable")
