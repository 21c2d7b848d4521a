"""aio-pika, which gives a message an id by itself: see ../test_programs.py."""

import asyncio
import json
import os
import sys
from typing import Any
from uuid import uuid4

from aio_pika import Message, connect_robust
from aio_pika.abc import AbstractIncomingMessage

REPLIES = "amq.rabbitmq.reply-to"


async def main(first: str, second: str) -> None:
    replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def on_reply(message: AbstractIncomingMessage) -> None:
        await replies.put(json.loads(message.body))

    async def on_event(message: AbstractIncomingMessage) -> None:
        await events.put(json.loads(message.body))

    async with await connect_robust(os.environ["USERBUS_AMQP_URL"]) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("userbus.events", "user.created")
        await queue.consume(on_event, no_ack=True)
        await (await channel.get_queue(REPLIES, ensure=False)).consume(on_reply, no_ack=True)
        commands = await channel.get_exchange("userbus.commands")
        body = json.dumps({"username": first}).encode()
        await commands.publish(Message(body, message_id=str(uuid4()), reply_to=REPLIES), "user.create")
        print("created", (await replies.get())["data"]["id"])
        event = await events.get()
        print("heard", event["type"], event["subject"])
        body = json.dumps({"username": second}).encode()
        await commands.publish(Message(body, reply_to=REPLIES), "user.create")
        print("created", (await replies.get())["data"]["id"])


asyncio.run(main(*sys.argv[1:]))
