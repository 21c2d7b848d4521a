"""The bare floor: aio-pika and PyMongo and nothing else, doing the same look-up and the same insert."""

import asyncio
import json
import os
from itertools import count

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient


async def main() -> None:
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(os.environ["USERBUS_MONGO_URL"])
    users = client.get_default_database()["bare"]
    connection = await aio_pika.connect(os.environ["USERBUS_AMQP_URL"])
    channel = await connection.channel(publisher_confirms=False)
    await channel.set_qos(prefetch_count=64)
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

    queue = await channel.declare_queue("bench.bare", durable=True, arguments={"x-queue-type": "quorum"})
    await queue.consume(answer)
    print("ready", flush=True)
    await asyncio.Event().wait()


uvloop.run(main())
