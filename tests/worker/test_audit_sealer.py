"""The worker that relays seals the audit trail; another does not, and a broken chain is told in the log."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from structlog.testing import capture_logs

from models.audit_chain import COLLECTION, AuditChain
from models.audit_check import AuditCheck, BrokenAt
from models.secrets.keys import Keys
from models.store.client import Store
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET, Stack
from worker.audit_sealer import AuditSealer


async def test_only_the_leader_seals_and_the_log_is_a_witness(stack: Stack, client: Client) -> None:
    store = stack.worker.dependencies.store
    await AuditChain(store, Keys(SECRET)).append()  # the chain begins two minutes ago, unless it has begun
    chain = AuditChain(store, Keys(SECRET), timedelta(seconds=-1))
    await client.done("user.create", {"username": uuid4().hex})
    check = AuditCheck(store, Keys(SECRET))
    assert await AuditSealer(chain, check, lambda: False).run_once() is False
    leader = AuditSealer(chain, check, lambda: True)
    with capture_logs() as logs:
        while await leader.run_once():
            pass
    newest = await store.collection(COLLECTION).find_one(sort=[("_id", -1)])
    sealed = [line for line in logs if line["event"] == "audit trail sealed"]  # the worker of the stack logs as well
    assert (sealed[-1]["head"], sealed[-1]["entries"]) == (f"{newest['_id']}:{newest['digest']}", newest["count"])
    stranger = AuditSealer(AuditChain(store, Keys("k" * 32)), check, lambda: True)
    with capture_logs() as logs:
        await stranger.run_once()
    assert stranger.broken is not None
    assert [line["log_level"] for line in logs if line["event"] == "audit chain broken"] == ["error"]


async def test_a_running_worker_begins_the_chain_by_itself(stack: Stack) -> None:
    links = stack.worker.dependencies.store.collection(COLLECTION)
    async with asyncio.timeout(PATIENCE):
        while not await links.count_documents({"_id": 0}):
            await asyncio.sleep(0.1)


async def test_what_was_changed_is_found_without_being_asked(stack: Stack, client: Client) -> None:
    store, keys, key = stack.worker.dependencies.store, Keys(SECRET), uuid4().hex
    await AuditChain(store, keys).append()
    await client.done("user.create", {"username": key}, message_id=key)
    sealer = AuditSealer(AuditChain(store, keys, timedelta(seconds=-1)), AuditCheck(store, keys), lambda: True)
    while await sealer.run_once():
        pass
    entry = await store.collection("journal").find_one({"_id": key})
    assert await seen_after_rounds(sealer, store) is None
    await store.collection("journal").update_one({"_id": key}, {"$set": {"actor": "user:1"}})
    found = await seen_after_rounds(sealer, store)
    assert found is not None
    assert (found.how, found.message_id) == ("changed", key)
    await store.collection("journal").update_one({"_id": key}, {"$set": {"actor": entry["actor"]}})
    assert await seen_after_rounds(sealer, store) is None


async def seen_after_rounds(sealer: AuditSealer, store: Store) -> BrokenAt | None:
    """What it says of the trail after two rounds."""
    for _ in range(2 * (await store.collection(COLLECTION).count_documents({}) + 1)):
        await sealer.run_once()
    return sealer.broken
