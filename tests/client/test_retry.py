"""How long a request is sent again, and what its caller is told in the end."""

import asyncio
import time

import pytest

from client.errors import TimedOut, Unavailable, unavailable
from client.retry import retry_until

SECONDS = 0.2


async def test_a_pause_that_takes_all_the_time_ends_with_what_the_attempt_was_told() -> None:
    async def attempt(_: float) -> None:
        # as on a machine that does nothing else for a while
        asyncio.get_running_loop().call_soon(time.sleep, 2 * SECONDS)
        raise unavailable("bus.disconnected", "no broker")

    with pytest.raises(Unavailable) as told:
        await retry_until(SECONDS, "user.get", attempt, lambda: True)
    assert told.value.code == "bus.disconnected"


@pytest.mark.parametrize("seconds", [0, -1])
async def test_without_time_nothing_is_attempted(seconds: float) -> None:
    async def attempt(_: float) -> None:
        pytest.fail("attempted")

    with pytest.raises(TimedOut):
        await retry_until(seconds, "user.get", attempt, lambda: True)
