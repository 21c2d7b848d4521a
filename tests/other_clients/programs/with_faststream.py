"""FastStream, which gives a message an id by itself: see ../test_programs.py."""

import asyncio
import json
import os
import sys
from typing import Any
from uuid import uuid4

from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue

COMMANDS = RabbitExchange("userbus.commands", type=ExchangeType.TOPIC, declare=False)
EVENTS = RabbitExchange("userbus.events", type=ExchangeType.TOPIC, declare=False)

broker = RabbitBroker(os.environ["USERBUS_AMQP_URL"], logger=None)
events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()


@broker.subscriber(RabbitQueue(uuid4().hex, routing_key="user.created", exclusive=True), EVENTS)
async def on_event(body: bytes) -> None:
    await events.put(json.loads(body))


async def ask(username: str, message_id: str | None = None) -> dict[str, Any]:
    body = {"username": username}
    answer = await broker.request(body, exchange=COMMANDS, routing_key="user.create", message_id=message_id)
    reply: dict[str, Any] = json.loads(answer.body)
    return reply


async def main(first: str, second: str) -> None:
    async with broker:
        await broker.start()
        print("created", (await ask(first, str(uuid4())))["data"]["id"])
        event = await events.get()
        print("heard", event["type"], event["subject"])
        print("created", (await ask(second))["data"]["id"])


asyncio.run(main(*sys.argv[1:]))
