"""Sequential ids, in blocks, through both drivers."""

import asyncio

import pytest

from models.store.client import Store
from models.store.counters import BLOCKS, Counters


async def test_ids_ascend_one_by_one(database: Store) -> None:
    counters = Counters(database)
    assert [await counters.reserve_id("users") for _ in range(BLOCKS["users"] + 2)] == [*range(1, BLOCKS["users"] + 3)]


@pytest.mark.parametrize("noun", ["users", "roles"], ids=["in blocks", "one by one"])
async def test_those_that_ask_at_once_get_ascending_ids(database: Store, noun: str) -> None:
    counters, count = Counters(database), BLOCKS["users"] + 50
    ids = await asyncio.gather(*(counters.reserve_id(noun) for _ in range(count)))
    assert ids == [*range(1, count + 1)]


async def test_a_taken_id_is_passed_over_within_the_own_block_and_beyond_it(database: Store) -> None:
    counters = Counters(database)
    assert await counters.reserve_id("users") == 1
    await counters.skip_to("users", 10)
    assert await counters.reserve_id("users") == 11
    await counters.skip_to("users", 5000)
    assert await counters.reserve_id("users") == 5001
    await counters.skip_to("users", 3)
    assert await counters.reserve_id("users") == 5002


async def test_released_ids_are_handed_out_by_the_next_process(database: Store) -> None:
    counters = Counters(database)
    assert await counters.reserve_id("users") == 1
    await counters.release()
    assert await Counters(database).reserve_id("users") == 2
