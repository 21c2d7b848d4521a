"""A process of a consumer in partitions, which prints each event that it is given, when, and the gap before it."""

import asyncio
import sys
import time

from client import connect
from devstack.die_with_parent import end_with_parent


async def main(url: str, consumer: str, partitions: int) -> None:
    """Say that it is ready, then print a line for each event, until it is ended."""
    async with (
        connect(url, app_id="reader") as bus,
        bus.events(consumer, "user.*", partitions=partitions) as events,
    ):
        print("ready", flush=True)
        async for event in events:
            print(time.monotonic_ns(), event.subject, event.sequence, event.gap, flush=True)


end_with_parent()
asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
