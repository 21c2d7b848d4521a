"""`userbus bench quick` asks, and changes nothing."""

import json
from uuid import uuid4

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.stack import Stack


async def test_answers_are_counted_one_at_a_time_and_many_at_once(client: Client, stack: Stack) -> None:
    await client.done("user.create", {"username": f"u{uuid4().hex}"})
    entries = await stack.worker.dependencies.store.collection("journal").count_documents({})
    words = ("bench", "quick", "--seconds", "0.2", "--in-flight", "4")
    status, out, err = await run_userbus(stack.amqp_url, *words, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (status, err, [row["in_flight"] for row in rows]) == (0, "", [1, 4])
    assert [row["answers"] for row in rows if row["answers"] < row["in_flight"]] == []
    assert [row for row in rows if not 0 < row["p50_ms"] <= row["p99_ms"]] == []
    assert await stack.worker.dependencies.store.collection("journal").count_documents({}) == entries


async def test_figures_are_a_table_for_people(stack: Stack) -> None:
    words = ("bench", "quick", "--seconds", "0.1", "--in-flight", "2")
    status, out, err = await run_userbus(stack.amqp_url, *words)
    assert (status, err, out.split()[:3]) == (0, "", ["request", "in_flight", "answers"])
    assert len(out.splitlines()) == 3


async def test_a_load_without_bounds_is_refused(stack: Stack) -> None:
    status, out, err = await run_userbus(stack.amqp_url, "bench", "quick", "--in-flight", "100000")
    assert (status, out, "256" in err) == (2, "", True)
