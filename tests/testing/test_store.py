"""The store in memory refuses what it does not know: it is never silently wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo import UpdateMany
from pymongo.errors import DocumentTooLarge, DuplicateKeyError, OperationFailure

from testing.store.memory import MemoryStore
from testing.store.unsupported import NotInMemory

Work = Callable[[Any], Awaitable[Any]]
UNKNOWN: dict[str, Work] = {
    "a filter": lambda rows: rows.find_one({"$where": "1"}),
    "an operator of filters": lambda rows: rows.find_one({"a": {"$mod": [2, 0]}}),
    "an operator of updates": lambda rows: rows.update_one({"_id": 1}, {"$bit": {"a": {"and": 1}}}),
    "a push": lambda rows: rows.update_one({"_id": 1}, {"$push": {"a": {"$each": [1], "$sort": 1}}}),
    "an update through a list": lambda rows: rows.update_one({"_id": 1}, {"$set": {"list.0": 1}}),
    "a stage": lambda rows: rows.aggregate([{"$group": {"_id": None}}]),
    "a stage of updates": lambda rows: rows.update_one({"_id": 1}, [{"$unset": "a"}]),
    "an expression": lambda rows: rows.aggregate([{"$set": {"b": {"$divide": ["$a", 2]}}}]),
    "a variable": lambda rows: rows.aggregate([{"$set": {"b": "$$ROOT"}}]),
    "a look-up": lambda rows: rows.aggregate([{"$lookup": {"from": "rows", "as": "a", "foreign": 1}}]),
    "a projection": lambda rows: rows.find_one({}, {"a.b": 0}),
    "an upsert": lambda rows: rows.update_one({"a.b": 1}, {"$set": {"c": 1}}, upsert=True),
    "a change of _id": lambda rows: rows.update_one({"_id": 1}, {"$set": {"_id": 2}}),
    "a bulk operation": lambda rows: rows.bulk_write([UpdateMany({}, {"$set": {"a": 1}})]),
}


@pytest.fixture
async def rows() -> Any:
    rows = MemoryStore().collection("rows")
    await rows.insert_one({"_id": 1, "a": 1, "list": [1]})
    return rows


@pytest.mark.parametrize("work", UNKNOWN.values(), ids=UNKNOWN)
async def test_what_is_not_known_is_refused(rows: Any, work: Work) -> None:
    with pytest.raises(NotInMemory):
        await work(rows)
    assert await rows.find({}).to_list() == [{"_id": 1, "a": 1, "list": [1]}]


async def test_arguments_that_are_not_known_are_refused(rows: Any) -> None:
    with pytest.raises(TypeError, match="collation"):
        await rows.find_one({}, collation={"locale": "en"})


async def test_a_hint_names_an_index(rows: Any) -> None:
    with pytest.raises(OperationFailure, match="existing index"):
        await rows.count_documents({}, hint=[("a", 1)])


async def test_documents_are_no_larger_than_in_mongodb(rows: Any) -> None:
    with pytest.raises(DocumentTooLarge):
        await rows.insert_one({"_id": 2, "text": "x" * 16_777_216})


async def test_an_upsert_never_replaces_what_does_not_meet_its_filter(rows: Any) -> None:
    with pytest.raises(DuplicateKeyError):
        await rows.replace_one({"_id": 1, "a": 2}, {"_id": 1, "a": 2}, upsert=True)
    assert await rows.find({}).to_list() == [{"_id": 1, "a": 1, "list": [1]}]


async def test_nobody_shares_a_document(rows: Any) -> None:
    found = await rows.find_one({"_id": 1})
    found["list"].append(2)
    assert (await rows.find_one({"_id": 1}))["list"] == [1]


async def test_of_two_transactions_that_write_a_document_one_is_told_to_try_again() -> None:
    store = MemoryStore()
    rows = store.collection("rows")
    await rows.insert_one({"_id": 1, "n": 0})
    async with store.transaction() as one, store.transaction() as other:
        await rows.update_one({"_id": 1}, {"$inc": {"n": 1}}, session=one)
        with pytest.raises(OperationFailure) as refused:
            await rows.update_one({"_id": 1}, {"$inc": {"n": 1}}, session=other)
        assert refused.value.has_error_label("TransientTransactionError")
        assert (await rows.find_one({"_id": 1}))["n"] == 0
        await one.commit_transaction()
    assert (await rows.find_one({"_id": 1}))["n"] == 1


async def test_a_write_outside_of_transactions_waits_for_the_one_that_holds_the_document() -> None:
    store = MemoryStore()
    rows = store.collection("rows")
    await rows.insert_one({"_id": 1, "n": 0})
    async with store.transaction() as session:
        await rows.update_one({"_id": 1}, {"$inc": {"n": 1}}, session=session)
        waiting = asyncio.create_task(rows.update_one({"_id": 1}, {"$inc": {"n": 10}}))
        await asyncio.sleep(0)
        assert not waiting.done()
        await session.commit_transaction()
    await waiting
    assert (await rows.find_one({"_id": 1}))["n"] == 11


async def test_a_snapshot_shows_nothing_that_was_committed_after_it() -> None:
    store = MemoryStore()
    rows = store.collection("rows")
    async with store.transaction() as session:
        assert await rows.count_documents({}, session=session) == 0
        await rows.insert_one({"_id": 1})
        assert await rows.count_documents({}, session=session) == 0
        with pytest.raises(OperationFailure):
            await rows.insert_one({"_id": 1}, session=session)
