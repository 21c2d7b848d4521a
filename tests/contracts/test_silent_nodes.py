"""A connection over which nothing comes: told after a while, and not where the broker itself has blocked it."""

import asyncio
from typing import Any

from contracts.silent_nodes import ASK_SECONDS, UNHEARD, wait_silent
from tests.support.patience import PATIENCE


class Connection:
    """What is watched of aiormq's: the last frame, whether it is blocked, and a channel that is never answered."""

    def __init__(self) -> None:
        self._Connection__last_frame_time = 0.0
        self._Connection__connection_unblocked = asyncio.Event()

    async def channel(self, **_: Any) -> "Connection":
        return self

    async def basic_qos(self) -> None:
        await asyncio.Event().wait()


async def test_a_connection_is_silent_once_it_is_no_longer_blocked() -> None:
    connection = Connection()
    watch = asyncio.create_task(wait_silent(connection))
    done, _ = await asyncio.wait({watch}, timeout=(UNHEARD + 1) * ASK_SECONDS)
    assert not done
    connection._Connection__connection_unblocked.set()
    await asyncio.wait_for(watch, PATIENCE)


async def test_whatever_comes_is_a_sign_of_life() -> None:
    connection = Connection()
    connection._Connection__connection_unblocked.set()
    watch = asyncio.create_task(wait_silent(connection))
    for moment in range(1, 10 * (UNHEARD + 1)):
        connection._Connection__last_frame_time = float(moment)
        await asyncio.sleep(ASK_SECONDS / 10)
    assert not watch.done()
    await asyncio.wait_for(watch, PATIENCE)
