"""The floor: aio-pika, PyMongo and Argon2 alone, doing the same look-up, insert and sign-in as a worker.

It promises nothing: a queue that is not replicated, no journal, no event, no deadline, no check of what it is sent, no
count of failed sign-ins.
"""

import asyncio
import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage
from argon2 import PasswordHasher
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

QUEUE = "bench.bare"
COLLECTION = "bench_bare"
PREFETCH = 64
Row = dict[str, Any]


async def main() -> None:
    """Answer until the process is ended."""
    client: AsyncMongoClient[Row] = AsyncMongoClient(os.environ["USERBUS_MONGO_URL"])
    users = client.get_default_database()[COLLECTION]
    connection = await aio_pika.connect(os.environ["USERBUS_AMQP_URL"])
    channel = await connection.channel(publisher_confirms=False)
    await channel.set_qos(prefetch_count=PREFETCH)
    numbers = count(1)
    threads = ThreadPoolExecutor(os.cpu_count())

    async def answer(message: AbstractIncomingMessage) -> None:
        body = json.loads(message.body)
        if message.type == "user.get":
            row = await users.find_one({"_id": body["id"]})
        elif message.type == "auth.sign_in":
            row = await sign_in(users, body, threads)
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


async def sign_in(users: AsyncCollection[Row], body: Row, threads: ThreadPoolExecutor) -> Row:
    """Check a password against the hash in its user's row, and insert a session."""
    user = await users.find_one({"_id": body["id"]}) or {}
    await asyncio.get_running_loop().run_in_executor(threads, PasswordHasher().verify, user["hash"], body["password"])
    session = {"_id": secrets.token_hex(16), "user": user["_id"]}
    await users.insert_one(session)
    return {"token": session["_id"], "email": user["email"]}


if __name__ == "__main__":
    uvloop.run(main())
