"""Print past events, then new ones: `replay_events.py [first|OFFSET|ISO-TIME [COUNT]]`.

Needs USERBUS_AMQP_URL and the package userbus-client.
"""

import asyncio
import os
import sys
from datetime import datetime

import userbus
from userbus import Start


def read_start(given: str) -> Start:
    if given == "first":
        return "first"
    return int(given) if given.isdigit() else datetime.fromisoformat(given)


async def main(start: Start, left: int) -> None:
    async with (
        userbus.connect(os.environ["USERBUS_AMQP_URL"], app_id="example") as bus,
        bus.replay(start) as events,
    ):
        async for event in events:
            print(event.offset, event.raw["time"], event.name, event.subject, flush=True)
            left -= 1
            if left == 0:
                break


asyncio.run(main(read_start(sys.argv[1] if len(sys.argv) > 1 else "first"), int((sys.argv[2:] or ["0"])[0])))
