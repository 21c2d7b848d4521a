"""Sending a request again with the same message_id: after which pauses, and until when."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from client.errors import BusError, Unavailable, timed_out

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0

T = TypeVar("T")


async def retry_until(
    seconds: float, name: str, attempt: Callable[[float], Awaitable[T]], may_retry: Callable[[], bool]
) -> T:
    """Await an attempt, given the seconds left; repeat it while it raises Unavailable and `may_retry`.

    The pauses double from 50 ms to 1 s, each shortened by chance. Raises the last Unavailable where there is no time
    for another attempt, TimedOut where an attempt took all the time, or there was none.
    """
    clock = asyncio.get_running_loop().time
    until, pause = clock() + seconds, FIRST_PAUSE
    last: BusError = timed_out(name, seconds)
    while (left := until - clock()) > 0:
        try:
            return await attempt(left)
        except TimeoutError as error:
            raise timed_out(name, seconds) from error
        except Unavailable as error:
            if not may_retry() or clock() + pause > until:
                raise
            last = error
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, LONGEST_PAUSE)
    raise last  # a pause has taken longer than it should
