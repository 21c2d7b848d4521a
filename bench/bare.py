"""The floor: aio-pika and PyMongo alone, doing the same look-up and the same insert as a worker.

It promises nothing: a queue that is not replicated, no journal, no event, no deadline, no check of what it is sent.
"""

import asyncio
import json
import os
from itertools import count

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient

QUEUE = "bench.bare"
COLLECTION = "bench_bare"
PREFETCH = 64


async def main() -> None:
    """Answer until the process is ended."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(os.environ["USERBUS_MONGO_URL"])
    users = client.get_default_database()[COLLECTION]
    connection = await aio_pika.connect(os.environ["USERBUS_AMQP_URL"])
    channel = await connection.channel(publisher_confirms=False)
    await channel.set_qos(prefetch_count=PREFETCH)
    numbers = count(1)

    async def answer(message: AbstractIncomingMessage) -> None:
        body = json.loads(message.body)
        if message.type == "user.get":
            row = await users.find_one({"_id": body["id"]})
        else:
            row = {"_id": next(numbers), **body}
            await users.insert_one(row)
        reply = aio_pika.Message(json.dumps(row).encode(), correlation_id=message.correlation_id)
        await channel.default_exchange.publish(reply, message.reply_to or "", mandatory=False)
        await message.ack()

    queue = await channel.declare_queue(QUEUE, durable=True)
    await queue.consume(answer)
    print("bench ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
