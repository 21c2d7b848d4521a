"""Commands whose effects reach MongoDB's limit of 16 MB a document."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from models.store.totals import TotalsCheck
from tests.support.client import Client
from tests.support.stack import Stack
from tests.support.sweeps import sweep_once

LIMIT = 16 * 1024 * 1024
COPIES = 4  # of a name in its user's document


@pytest.fixture
async def user(client: Client, stack: Stack) -> AsyncIterator[dict[str, Any]]:
    """A user who is gone after the test: others list all users."""
    made = await client.done("user.create", {"username": f"u_{uuid4().hex[:10]}"})
    yield made
    store = stack.worker.dependencies.store
    await store.collection("users").delete_one({"_id": made["id"]})
    await sweep_once(TotalsCheck(store))


async def test_many_events_about_a_large_user_are_told_in_order(
    client: Client, stack: Stack, user: dict[str, Any]
) -> None:
    held = [
        {"account_id": number, "integration": f"{uuid4().hex}", "account": f"{uuid4().hex}{'x' * 1000}"}
        for number in range(200)
    ]
    users = stack.worker.dependencies.store.collection("users")
    await users.update_one({"_id": user["id"]}, {"$set": {"accounts": held}})
    events = await client.events("account.*")
    actions = [{"action": "create", "integration": "lark", "account": uuid4().hex}]
    actions += [{"action": "update", "integration": "lark", "account": uuid4().hex} for _ in range(99)]
    done = await client.done("account.apply", {"user_id": user["id"], "actions": actions})
    assert len(done["accounts"]) == 201
    told = await events.about(f"user/{user['id']}", 100)
    assert [event["sequence"] for event in told] == [*range(2, 102)]
    assert [event["data"]["account"]["account"] for event in told] == [action["account"] for action in actions]


@pytest.mark.parametrize("beyond", [6_000, 2_000_000], ids=["a little", "a lot"])
async def test_a_document_beyond_the_limit_is_refused(
    client: Client, stack: Stack, user: dict[str, Any], beyond: int
) -> None:
    users = stack.worker.dependencies.store.collection("users")
    await users.update_one({"_id": user["id"]}, {"$set": {"name": "x" * ((LIMIT + beyond) // COPIES)}})
    message_id = uuid4().hex
    for _ in range(2):
        problem = await client.refused("user.set_status", {"id": user["id"]}, message_id=message_id)
        assert (problem["kind"], problem["code"]) == ("invalid", "store.too_large")
    kept = await users.find_one({"_id": user["id"]}, {"revision": 1})
    assert kept is not None
    assert kept["revision"] == user["revision"]


async def test_a_refusal_for_size_that_nobody_waits_for_is_told(
    client: Client, stack: Stack, user: dict[str, Any]
) -> None:
    users = stack.worker.dependencies.store.collection("users")
    await users.update_one({"_id": user["id"]}, {"$set": {"name": "x" * (LIMIT // COPIES)}})
    events = await client.events("command.refused")
    message_id = uuid4().hex
    await client.send("user.set_status", {"id": user["id"]}, message_id=message_id)
    (event,) = await events.about(f"command/{message_id}", 1)
    assert event["data"]["problem"]["code"] == "store.too_large"
