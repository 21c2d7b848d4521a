"""Print userbus events as they come: `print_events.py [PATTERN [COUNT]]`. Needs USERBUS_AMQP_URL."""

import asyncio
import json
import os
import sys

import aio_pika


async def main(pattern: str, count: int) -> None:
    connection = await aio_pika.connect(os.environ["USERBUS_AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)  # a service of its own names a durable queue here
        await queue.bind("userbus.events", pattern)
        print(f"waiting for {pattern}", file=sys.stderr, flush=True)
        seen: set[str] = set()  # events come at least once: the id tells a repeat
        async with queue.iterator() as events:
            async for message in events:
                async with message.process():
                    event = json.loads(message.body)
                    if event["id"] not in seen:
                        seen.add(event["id"])
                        print(event["type"], event["subject"], event["sequence"], event["data"], flush=True)
                if len(seen) == count:
                    return


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "#", int(sys.argv[2]) if len(sys.argv) > 2 else 0))
