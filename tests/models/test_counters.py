"""Sequential ids, in blocks, through both drivers."""

from models.counters import BLOCKS, Counters
from models.store import Store


async def test_ids_rise_one_by_one(database: Store) -> None:
    counters = Counters(database)
    assert [await counters.next("users") for _ in range(BLOCKS["users"] + 2)] == [*range(1, BLOCKS["users"] + 3)]


async def test_a_taken_id_is_passed_over_within_the_own_block_and_beyond_it(database: Store) -> None:
    counters = Counters(database)
    assert await counters.next("users") == 1
    await counters.pass_over("users", 10)
    assert await counters.next("users") == 11
    await counters.pass_over("users", 5000)
    assert await counters.next("users") == 5001
    await counters.pass_over("users", 3)
    assert await counters.next("users") == 5002


async def test_what_is_given_back_is_handed_out_by_the_next(database: Store) -> None:
    counters = Counters(database)
    assert await counters.next("users") == 1
    await counters.give_back()
    assert await Counters(database).next("users") == 2
