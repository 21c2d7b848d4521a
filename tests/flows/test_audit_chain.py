"""The audit chain on real servers: what was changed, removed or added by hand is named, what may go is not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from models.audit_chain import COLLECTION, LINK_ENTRIES, AuditChain, AuditChainBroken
from models.audit_check import AuditCheck, BrokenAt
from models.secrets.keys import Keys
from models.store.document import now
from models.store.reply_retention import ReplyRetention
from tests.support.audit_trail import AT_ONCE, VISITOR, broken, do, rows, seal, seal_without_lock, verify, wait_sent
from tests.support.client import Client
from tests.support.stack import SECRET, Stack, fresh_database, running_stack
from tests.support.sweeps import sweep_once


@pytest.fixture(scope="module")
async def audited(restartable: RunningServers) -> AsyncIterator[Stack]:
    """A worker whose database no other test fills."""
    async with running_stack(replace(restartable, mongo_url=fresh_database(restartable.mongo_url))) as up:
        yield up


@pytest.fixture
async def caller(audited: Stack) -> AsyncIterator[Client]:
    """A client of that worker; each test begins with a chain of its own."""
    async with Client(audited.amqp_url) as up:
        await wait_sent(audited)
        await rows(audited, "journal").delete_many({})
        await rows(audited, COLLECTION).delete_many({})
        await AuditChain(audited.worker.dependencies.store, Keys(SECRET)).append()
        yield up


async def test_a_trail_that_nobody_has_touched_is_whole(caller: Client, audited: Stack) -> None:
    await do(caller)
    assert await seal(audited) == 1
    await do(caller, 2)
    assert await seal(audited) == 1
    verdict = await verify(caller)
    assert (verdict["entries"], verdict["broken"]) == (5, None)
    assert verdict["head"].startswith("2:")


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "user:1"},
        {"outcome": "user.not_found"},
        {"client_address": "203.0.113.78"},
        {"subjects": ["user/1"]},
        {"name": "user.update"},
        {"app_id": "billing"},
        {"expires_at": now() + timedelta(days=1)},
        {"at": now() - timedelta(days=1)},
        {"locked_until": now()},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_the_first_entry_that_was_changed_is_named(caller: Client, audited: Stack, change: Any) -> None:
    keys = await do(caller)
    await wait_sent(audited)
    await seal(audited)
    for key in keys[:0:-1]:
        await rows(audited, "journal").update_one({"_id": key}, {"$set": change})
    assert (await verify(caller))["broken"] == broken("changed", 1, keys[1])


@pytest.mark.parametrize("change", [{"$set": {"locked_until": now()}}, {"$unset": {"locked_until": ""}}])
async def test_a_lock_that_was_moved_or_taken_away_is_a_change(caller: Client, audited: Stack, change: Any) -> None:
    keys = await do(caller)
    lock = {"locked_until": now() + timedelta(hours=1)}
    await rows(audited, "journal").update_one({"_id": keys[1]}, {"$set": lock})
    await seal(audited)
    assert (await verify(caller))["broken"] is None
    await rows(audited, "journal").update_one({"_id": keys[1]}, change)
    assert (await verify(caller))["broken"] == broken("changed", 1, keys[1])


async def test_links_of_earlier_versions_are_checked_without_the_locks(
    caller: Client, audited: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await do(caller)
    await rows(audited, "journal").update_one({"_id": keys[1]}, {"$set": {"locked_until": now()}})
    monkeypatch.setattr("models.audit_chain._seal_entry", seal_without_lock)  # no earlier version can be run here
    await seal(audited)
    assert (await verify(caller))["broken"] is None


async def test_an_address_that_was_taken_away_is_a_change(caller: Client, audited: Stack) -> None:
    keys = await do(caller)
    await seal(audited)
    await rows(audited, "journal").update_one({"_id": keys[1]}, {"$unset": {"client_address": "", "salt": ""}})
    assert (await verify(caller))["broken"] == broken("changed", 1, keys[1])


async def test_the_first_entry_that_was_removed_is_named(caller: Client, audited: Stack) -> None:
    keys = await do(caller)
    await seal(audited)
    later = await do(caller)
    await seal(audited)
    await rows(audited, "journal").delete_many({"_id": {"$in": [later[0], keys[2]]}})
    assert (await verify(caller))["broken"] == broken("removed", 1, keys[2])


async def test_the_first_entry_that_was_added_is_named(caller: Client, audited: Stack) -> None:
    keys = await do(caller)
    await seal(audited)
    entry = await rows(audited, "journal").find_one({"_id": keys[1]})
    await rows(audited, "journal").insert_one(entry | {"_id": "forged", "actor": "user:1"})
    assert (await verify(caller))["broken"] == broken("added", 1, "forged")


async def test_erasure_and_retention_are_no_changes(caller: Client, audited: Stack) -> None:
    user = await caller.done("user.create", {"username": uuid4().hex}, headers=VISITOR)
    await caller.done("user.update", {"id": user["id"], "name": "Ada"}, headers=VISITOR)
    await seal(audited)
    await caller.done("user.delete", {"id": user["id"]}, headers=VISITOR)
    await wait_sent(audited)
    await sweep_once(ReplyRetention(audited.worker.dependencies.store, days=-1))
    assert await rows(audited, "journal").count_documents({"reply": {"$exists": True}}) == 0
    kept = await rows(audited, "journal").find({"name": {"$ne": "user.delete"}}).to_list(None)
    assert [entry.get("client_address") for entry in kept] == [None, None]
    await seal(audited)
    verdict = await verify(caller)
    assert (verdict["entries"], verdict["broken"]) == (3, None)
    (link,) = await rows(audited, COLLECTION).find({"_id": 1}).to_list(None)
    assert "203.0.113.77" not in str(link)


async def test_expired_entries_may_go_and_their_digests_too(caller: Client, audited: Stack) -> None:
    keys = await do(caller)
    await wait_sent(audited)
    over = now() - timedelta(days=2)
    await rows(audited, "journal").update_many({"_id": {"$in": keys}}, {"$set": {"expires_at": over}})
    await seal(audited)
    await rows(audited, "journal").delete_many({"_id": {"$in": keys}})
    assert (await verify(caller))["broken"] is None
    await rows(audited, COLLECTION).update_one({"_id": 1}, {"$unset": {"entries": ""}})  # as is done a day later
    await do(caller, 1)
    await seal(audited)
    assert (await verify(caller))["broken"] is None


async def test_digests_of_entries_that_have_not_expired_may_not_go(caller: Client, audited: Stack) -> None:
    await do(caller)
    await seal(audited)
    await rows(audited, COLLECTION).update_one({"_id": 1}, {"$unset": {"entries": ""}})
    assert (await verify(caller))["broken"] == broken("chain", 1)


async def test_a_chain_that_was_changed_is_told_and_not_continued(caller: Client, audited: Stack) -> None:
    await do(caller)
    await seal(audited)
    await rows(audited, COLLECTION).update_one({"_id": 1}, {"$set": {"digest": "0" * 64}})
    assert (await verify(caller))["broken"] == broken("chain", 1)
    await do(caller)
    with pytest.raises(AuditChainBroken):
        await seal(audited)


async def test_a_forged_chain_is_told_by_its_seal(caller: Client, audited: Stack) -> None:
    await do(caller)
    await seal(audited)
    await rows(audited, COLLECTION).delete_one({"_id": 1})
    forger = AuditChain(audited.worker.dependencies.store, Keys("x" * 32), AT_ONCE)
    with pytest.raises(AuditChainBroken):
        await forger.append()
    assert (await verify(caller))["head"].startswith("0:")


async def test_a_missing_link_and_a_cut_chain_are_told(caller: Client, audited: Stack) -> None:
    for _ in range(2):
        await do(caller, 1)
        await seal(audited)
    head = (await verify(caller))["head"]
    assert (await verify(caller, head=head))["broken"] is None
    (last,) = await rows(audited, COLLECTION).find({"_id": 2}).to_list(None)
    await rows(audited, COLLECTION).delete_one({"_id": 2})
    assert (await verify(caller))["broken"] is None  # what docs/security.md says: a witness is needed
    assert (await verify(caller, head=head))["broken"] == broken("chain", 2)
    await rows(audited, COLLECTION).insert_one(last)
    await rows(audited, COLLECTION).delete_one({"_id": 1})
    assert (await verify(caller))["broken"] == broken("chain", 1)


async def test_a_new_key_takes_the_chain_over(caller: Client, audited: Stack) -> None:
    await do(caller)
    await seal(audited)
    store, new = audited.worker.dependencies.store, "n" * 32
    assert await seal(audited, f"{new},{SECRET}") == 1  # though there was nothing to seal
    part = await AuditCheck(store, Keys(new)).check_part(None, None, 10)
    assert (part.entries, part.broken) == (3, None)
    part = await AuditCheck(store, Keys("o" * 32)).check_part(None, None, 10)
    assert part.broken == BrokenAt("chain", 2)


async def test_two_processes_make_one_chain(caller: Client, audited: Stack) -> None:
    await do(caller, 20)
    many = [{"username": uuid4().hex} for _ in range(LINK_ENTRIES)]
    await asyncio.gather(*(caller.done("user.create", body) for body in many))
    chains = [AuditChain(audited.worker.dependencies.store, Keys(SECRET), AT_ONCE) for _ in range(4)]
    made = await asyncio.gather(*(chain.append() for _ in range(3) for chain in chains))
    await seal(audited)
    numbers = [link["_id"] async for link in rows(audited, COLLECTION).find().sort("_id", 1)]
    assert numbers == [*range(len(numbers))]
    assert sum(link is not None for link in made) >= 1
    verdict = await verify(caller)
    assert (verdict["entries"], verdict["broken"]) == (LINK_ENTRIES + 20, None)
