"""The threads in which passwords are checked, behind bounded queues."""

import asyncio
from threading import Event, current_thread

import pytest

from models.errors.auth import HashingBusy
from models.secrets.passwords import Passwords, _Pool
from tests.support.patience import PATIENCE


async def test_a_pool_has_its_own_threads_and_no_more() -> None:
    pool, may_end, names = _Pool("alone", 1, 5), Event(), []
    first = asyncio.create_task(pool.run(lambda: may_end.wait(PATIENCE)))
    second = asyncio.create_task(pool.run(lambda: names.append(current_thread().name)))
    await asyncio.sleep(0.05)
    assert names == []
    assert pool.load() == {"running": 1, "waiting": 1}
    may_end.set()
    await asyncio.gather(first, second)
    assert [name.partition("_")[0] for name in names] == ["alone"]
    pool.close()


async def test_room_comes_back_when_work_ends_also_badly() -> None:
    pool = _Pool("small", 1, 3)

    def fail() -> None:
        raise KeyError

    for _ in range(2):
        ended = await asyncio.gather(*(pool.run(fail) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in ended] == [KeyError] * 3
    busy = await asyncio.gather(*(pool.run(fail) for _ in range(4)), return_exceptions=True)
    assert sorted(type(error).__name__ for error in busy) == ["HashingBusy", "KeyError", "KeyError", "KeyError"]
    with pytest.raises(HashingBusy):
        await pool.run(fail, 3.5)
    pool.close()


async def test_closing_waits_for_what_runs_and_drops_what_waits() -> None:
    pool, begun, may_end, done = _Pool("closing", 1, 5), Event(), Event(), []

    def work() -> None:
        begun.set()
        may_end.wait(PATIENCE)
        done.append("first")

    first = asyncio.create_task(pool.run(work))
    second = asyncio.create_task(pool.run(lambda: done.append("second")))
    await asyncio.to_thread(begun.wait, PATIENCE)
    asyncio.get_running_loop().call_later(0.1, may_end.set)
    await asyncio.to_thread(pool.close)
    assert done == ["first"]
    await first
    with pytest.raises(asyncio.CancelledError):
        await second


@pytest.mark.parametrize("rounds", [1600, 13_000])
async def test_dear_hashes_wait_by_what_they_cost_in_few_threads(rounds: int) -> None:
    """A dozen of a tenth of a second has room where ten seconds may wait, though not one by one."""
    made = Passwords(memory=512)
    stored = f"$argon2id$v=19$m=64,t={rounds},p=1$c2FsdHNhbHQ${'A' * 43}"
    checks = [asyncio.create_task(made.verify("wrong", stored)) for _ in range(12)]
    await asyncio.sleep(0)
    load = made.load()
    assert sum(load.values()) == 12
    assert (load["heavy", "running"], load["heavy", "waiting"]) == ((1, 11) if rounds > 12_000 else (0, 0))
    for check in checks[1:]:
        check.cancel()
    assert await checks[0] == (False, None)
    await asyncio.gather(*checks[1:], return_exceptions=True)
    made.close()
