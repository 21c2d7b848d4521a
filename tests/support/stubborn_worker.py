"""A worker whose `user.get` never ends, not even when it is cancelled: `python -m tests.support.stubborn_worker`."""

import asyncio
from contextlib import suppress
from typing import Any

from handlers.registry import HANDLERS
from worker.__main__ import main


async def wait_for_ever(*_: Any) -> Any:
    """Ignore every cancellation."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


if __name__ == "__main__":
    main({**HANDLERS, "user.get": wait_for_ever})
