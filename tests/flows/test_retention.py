"""A repeat that comes after its reply has been forgotten."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from models.store.document import now
from models.store.reply_retention import ReplyRetention
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack
from tests.support.sweeps import sweep_once


async def test_a_very_late_repeat_is_refused_and_changes_nothing(client: Client, stack: Stack) -> None:
    store, key, name = stack.worker.dependencies.store, uuid4().hex, f"u_{uuid4().hex[:10]}"
    user = await client.done("user.create", {"username": name}, message_id=key)
    await store.collection("journal").update_one({"_id": key}, {"$set": {"at": now() - timedelta(days=8)}})
    while await store.collection("journal").find_one({"_id": key, "pending": 1}):
        await asyncio.sleep(0.05)
    await sweep_once(ReplyRetention(store, 7))
    problem = await client.refused("user.create", {"username": name}, message_id=key)
    assert (problem["kind"], problem["code"]) == ("conflict", "message.id_reused")
    fresh = await client.refused("user.create", {"username": f"{name}_2"}, message_id=key)
    assert fresh["code"] == "message.id_reused"
    assert (await client.done("user.get", {"username": name}))["id"] == user["id"]
    await client.send("user.create", {"username": f"{name}_3"}, message_id=key)
    await client.done("user.get", {"username": name})
    assert (await client.refused("user.get", {"username": f"{name}_3"}))["code"] == "user.not_found"


async def test_who_asked_what_stays_as_long_as_the_audit_setting_says(client: Client, stack: Stack) -> None:
    journal, key = stack.worker.dependencies.store.collection("journal"), uuid4().hex
    await client.done("token.issue", {"name": key, "scopes": ["user.*"]}, message_id=key)
    async with asyncio.timeout(PATIENCE):
        while (row := await journal.find_one({"_id": key, "pending": {"$exists": False}})) is None:
            await asyncio.sleep(0.05)
    assert row["expires_at"] - row["at"] == timedelta(days=90)
