"""Print past events, then new ones: `replay_events.py [first|OFFSET|ISO-TIME [COUNT]]`. Needs USERBUS_AMQP_URL."""

import asyncio
import json
import os
import sys
from datetime import datetime

import aio_pika


async def main(start: str | int | datetime, left: int) -> None:
    done = asyncio.Event()

    async def show(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal left
        event = json.loads(message.body)
        # a time begins with the chunk that holds it, so that some events may be older
        if left and not (isinstance(start, datetime) and datetime.fromisoformat(event["time"]) < start):
            print(message.headers["x-stream-offset"], event["time"], event["type"], event["subject"], flush=True)
            left -= 1
        await message.ack()
        if left == 0:
            done.set()

    async with await aio_pika.connect(os.environ["USERBUS_AMQP_URL"]) as connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=100)  # a stream is read with a prefetch and acknowledgements only
        log = await channel.get_queue("userbus.events.log", ensure=False)
        await log.consume(show, arguments={"x-stream-offset": start})
        await done.wait()


given, count = (*sys.argv[1:], *("first", "-1")[len(sys.argv) - 1 :])
place = int(given) if given.isdigit() else given if given == "first" else datetime.fromisoformat(given)
asyncio.run(main(place, int(count)))
