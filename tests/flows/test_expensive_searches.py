"""Searches that cost the database much hold up nobody else, over the bus and over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import quote
from uuid import uuid4

import pytest

from models.store.scan_limit import RUNNING, WAITING
from models.users import User
from tests.support.client import Client
from tests.support.loopback import http_client
from tests.support.stack import Stack

ROWS = 5_000
PART = 500
LETTERS = "ab" * 120
# of fields without trigrams; backtracks nowhere, but is looked for in each row from each letter on
EXPENSIVE = [{"field": field, "op": "like", "value": "ab" * 60 + "c"} for field in ("company", "position")]


@pytest.fixture(scope="module")
async def crowded(stack: Stack) -> AsyncIterator[Stack]:
    """The stack with many users whose texts are long."""
    users = stack.worker.dependencies.store.collection("users")
    ids = range(1_000_000_000, 1_000_000_000 + ROWS)
    texts = dict.fromkeys(("name", "company", "position"), LETTERS)
    await users.insert_many([User(id=id, username=f"crowd{id}", **texts).to_row() for id in ids])
    yield stack
    for first in range(0, ROWS, PART):  # an operation may take 5 s
        await users.delete_many({"_id": {"$in": [*ids[first : first + PART]]}})


async def test_a_hundred_expensive_searches_keep_nobody_from_an_answer(crowded: Stack, client: Client) -> None:
    store = crowded.worker.dependencies.store
    user = await client.done("user.create", {"username": f"user_{uuid4().hex}"})
    searches = [client.call("user.search", {"filter": EXPENSIVE, "sort": [{"field": "gender"}]}) for _ in range(100)]
    scans = [asyncio.create_task(search) for search in searches]
    answers = []
    while not all(scan.done() for scan in scans):
        answers.append((await client.done("user.get", {"id": user["id"]}))["id"])
        assert (await client.done("health.user", {}))["database"] is True
        assert not store.availability.is_down
    replies = [scan.result() for scan in scans]
    refused = [reply["problem"] for reply in replies if reply["status"] == "failed"]
    assert {problem["code"] for problem in refused} <= {"search.busy", "store.busy"}
    assert len(refused) < 100
    assert set(answers) == {user["id"]}


async def test_an_expensive_search_beyond_those_that_may_wait_is_refused(crowded: Stack, client: Client) -> None:
    scans, held, release = crowded.worker.dependencies.store.scans, asyncio.Event(), asyncio.Event()
    admitted = 0

    async def hold() -> None:
        nonlocal admitted
        async with scans.admit():
            admitted += 1
            if admitted == RUNNING:
                held.set()
            await release.wait()

    async with asyncio.TaskGroup() as holding:
        for _ in range(RUNNING + WAITING):
            holding.create_task(hold())
        await held.wait()
        problem = await client.refused("user.search", {"filter": EXPENSIVE, "sort": [{"field": "gender"}]})
        release.set()
    assert (problem["code"], problem["kind"]) == ("search.busy", "throttled")
    assert problem["details"] == {"retry_after": 1}


async def test_a_busy_search_is_refused_in_the_callers_shape(crowded: Stack) -> None:
    headers = {"Authorization": f"Bearer {crowded.token}"}
    wanted = quote(json.dumps({"LIKE_name": "ab" * 60 + "c", "NOTLIKE_name": "x"}))
    async with http_client(crowded.url, headers=headers) as http:
        answers = await asyncio.gather(*(http.get(f"/api/user?filter={wanted}") for _ in range(80)))
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "filter",
    [
        [{"field": "name", "op": "like", "value": "a"}] * 11,
        [{"field": "id", "op": "in", "value": [*range(1, 1002)]}],
    ],
)
async def test_a_filter_has_a_bounded_cost(client: Client, filter: list[object]) -> None:
    problem = await client.refused("user.search", {"filter": filter})
    assert problem["code"] == "search.value_invalid"


async def test_a_part_longer_than_any_text_is_found_nowhere(client: Client) -> None:
    await client.done("user.create", {"username": f"user_{uuid4().hex}", "company": "x"})
    longest = {"field": "company", "op": "like", "value": "." * 8000}
    assert (await client.done("user.search", {"filter": [longest]}))["total"] == 0
    longest["op"] = "notlike"
    assert (await client.done("user.search", {"filter": [longest]}))["total"] > 0
