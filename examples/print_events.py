"""Print events as they come: `print_events.py [PATTERN [COUNT]]`. Needs USERBUS_AMQP_URL and userbus-client.

They are kept in the queue example.events while this program does not run; without further use delete it.
"""

import asyncio
import os
import sys

import userbus


async def main(pattern: str, left: int) -> None:
    async with (
        userbus.connect(os.environ["USERBUS_AMQP_URL"], app_id="example") as bus,
        bus.events("example", pattern) as events,
    ):
        print(f"waiting for {pattern}", file=sys.stderr, flush=True)
        async for event in events:  # the step to the next one acknowledges it
            print(event.name, event.subject, event.sequence, event.data.model_dump_json(), flush=True)
            left -= 1
            if left == 0:
                break


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "#", int(sys.argv[2]) if len(sys.argv) > 2 else 0))
