"""A few searches read a collection without an index at once, some wait, and the rest are refused."""

import asyncio

import pytest

from models.errors.base import SearchBusy
from models.store.scan_limit import ScanLimit
from models.store.search import SearchSpec, Where, is_scan
from models.user_fields import FIELDS

LIVE = {"status": 1}


@pytest.mark.parametrize(
    ("where", "sort", "scans"),
    [
        ([], [], False),
        ([], [("display_name", -1)], False),
        ([], [("company", 1)], True),
        ([Where("name", "like", "a")], [], True),
        ([Where("company", "eq", "a")], [], True),
        ([Where("username", "ne", "a"), Where("contact", "not", None)], [], True),
        ([Where("contact", "eq", "1")], [], True),
        ([Where("contact", "eq", "1", fold=False)], [("company", 1)], False),
        ([Where("id", "in", [1]), Where("name", "like", "a")], [], False),
        ([Where("role_ids", "eq", 1), Where("name", "like", "a")], [], False),
    ],
)
def test_a_search_without_an_index_is_known(where: list[Where], sort: list[tuple[str, int]], scans: bool) -> None:
    assert is_scan("users", SearchSpec(FIELDS, LIVE, where, sort)) is scans


async def test_more_scans_than_may_run_wait_and_more_than_may_wait_are_refused() -> None:
    limit, ready, running, most = ScanLimit(running=2, waiting=3), asyncio.Event(), 0, 0

    async def scan() -> bool:
        nonlocal running, most
        async with limit.admit():
            running += 1
            most = max(most, running)
            await ready.wait()
            running -= 1
        return True

    scans = [asyncio.create_task(scan()) for _ in range(7)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ready.set()
    outcomes = await asyncio.gather(*scans, return_exceptions=True)
    assert [outcome is True for outcome in outcomes] == [True] * 5 + [False] * 2
    assert {type(outcome) for outcome in outcomes[5:]} == {SearchBusy}
    assert most == 2
    assert await scan()


async def test_a_waiting_scan_that_is_cancelled_gives_up_its_place() -> None:
    limit = ScanLimit(running=1, waiting=1)

    async def scan() -> None:
        async with limit.admit():
            return

    async with limit.admit():
        waiting = asyncio.create_task(scan())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        replacement = asyncio.create_task(scan())
        await asyncio.sleep(0)
        assert not replacement.done()
    await replacement
