"""Segments of the inverted index: who is in one, what a change does, and what stays of somebody who is gone."""

from collections import Counter
from datetime import timedelta

import pytest

from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.journal import CommandContext
from models.store.postings import find_candidates, trigram_choices, trigrams
from models.text_segments import CHECK_AFTER, FASTEST, READ_UNTIL, TextSegments
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import DELETED, User

LIVE = {"status": {"$in": [1]}}


async def store_users(store: Store, *names: str) -> None:
    rows = [User(id=id, username=f"user{id}", name=name).to_row() for id, name in enumerate(names, 1)]
    await store.collection("users").insert_many(rows)


async def find(store: Store, part: str) -> list[int] | None:
    return await find_candidates(store, LIVE, trigram_choices(part, ["name"]))


async def segments(store: Store) -> dict[int, int | None]:
    return {row["_id"]: row.get("segment") async for row in store.collection("users").find({})}


async def grow_old(store: Store, by: timedelta) -> None:
    await store.collection("segments").update_many({}, {"$set": {"checked_at": now() - by - timedelta(seconds=1)}})


async def change(dependencies: Dependencies, message_id: str, grouped: bool, **fields: str) -> None:
    command = CommandContext(name="user.update", message_id=message_id, digest="d")
    async with UnitOfWork(dependencies, command, grouped=grouped) as unit:
        user = await unit.users.get(1)
        user.change(fields)
        await unit.users.save(user)
        await unit.commit("{}", [])


async def test_users_come_into_segments_as_soon_as_there_are_enough(database: Store) -> None:
    await store_users(database, "Ada", "Grace", "Lin")
    await database.collection("users").insert_one(User(id=4, username="gone", status=DELETED).to_row())
    await database.collection("users").insert_one({"_id": 5, "erased_at": now()})
    work = TextSegments(database, users=2, rest=0)
    assert [await work.run_once() for _ in range(3)] == [True, True, False]
    found = await segments(database)
    assert (Counter(found.values()), found[5]) == ({1: 2, 2: 2, None: 1}, None)
    assert await TextSegments(database, users=1, rest=0).run_once() is False
    held = {row["_id"] >> 24 async for row in database.collection("postings").find({})}
    assert held >= trigrams({"name": "ada", "username": "user1"})
    assert (await find(database, "ada"), await find(database, "lin")) == ([1], [3])


async def test_users_who_come_faster_than_they_can_be_indexed_wait(database: Store) -> None:
    work = TextSegments(database, users=1, rest=0)
    assert await work.run_once() is False
    await store_users(database, "Ada")
    await database.collection("totals").insert_one({"_id": "an import", "live": FASTEST, "at": now()})
    assert [await work.run_once() for _ in range(2)] == [False, True]
    assert await find(database, "ada") == [1]


async def test_one_worker_at_a_time_builds(database: Store) -> None:
    await store_users(database, "Ada")
    await database.collection("locks").insert_one({"_id": "segments", "at": now()})
    assert await TextSegments(database, users=1, rest=0).run_once() is False
    await database.collection("locks").delete_one({"_id": "segments"})
    assert await TextSegments(database, users=1, rest=0).run_once() is True
    assert await database.collection("locks").find_one({"_id": "segments"}) is None


@pytest.mark.parametrize("grouped", [True, False])
async def test_who_has_another_text_leaves_the_segment(
    database: Store, dependencies: Dependencies, grouped: bool
) -> None:
    await store_users(database, "Ada", "Grace")
    await TextSegments(database, users=2, rest=0).run_once()
    await change(dependencies, "m-1", grouped, usertype="group")
    assert await segments(database) == {1: 1, 2: 1}
    await change(dependencies, "m-2", grouped, name="Lovelace")
    assert await segments(database) == {1: None, 2: 1}
    assert await find(database, "lovelace") == [1]


async def test_a_worker_of_an_earlier_version_leaves_the_segment_out(database: Store) -> None:
    await store_users(database, "Ada", "Grace")
    await TextSegments(database, users=2, rest=0).run_once()
    row: BsonDict = User(id=1, username="user1", name="Lovelace").to_row()
    del row["segment"]
    await database.collection("users").replace_one({"_id": 1}, row)
    assert await find(database, "lovelace") == [1]


async def test_nothing_stays_of_the_texts_of_who_is_gone(database: Store) -> None:
    await store_users(database, "Ada", "Grace", "Lin")
    work = TextSegments(database, users=3, rest=0)
    await work.run_once()
    await database.collection("users").delete_one({"_id": 1})
    await work.run_once()
    assert await segments(database) == {2: 1, 3: 1}, "checked once a day"
    await grow_old(database, CHECK_AFTER)
    await work.run_once()
    assert await segments(database) == {2: None, 3: None}
    await work.run_once()
    assert await database.collection("postings").count_documents({}) > 0, "searches may still read them"
    assert await find(database, "lin") == [2, 3]
    await grow_old(database, READ_UNTIL)
    await work.run_once()
    for name in ("postings", "segments"):
        assert await database.collection(name).count_documents({}) == 0
    assert await TextSegments(database, users=2, rest=0).run_once()
    assert (await find(database, "lin"), await find(database, "ada")) == ([3], [])


async def test_a_whole_segment_stays(database: Store) -> None:
    await store_users(database, "Ada", "Grace")
    work = TextSegments(database, users=2, rest=0)
    await work.run_once()
    await grow_old(database, CHECK_AFTER)
    await work.run_once()
    assert await segments(database) == {1: 1, 2: 1}
    row = await database.collection("segments").find_one({"_id": 1})
    assert row["checked_at"] > now() - timedelta(minutes=1)
