"""AMQPStorm, which gives a message an id by itself: see ../test_programs.py."""

import json
import os
import sys
from typing import Any
from uuid import uuid4

from amqpstorm import Message, UriConnection  # type: ignore[import-not-found]  # of another environment

REPLIES = "amq.rabbitmq.reply-to"

replies: list[dict[str, Any]] = []
events: list[dict[str, Any]] = []


def on_reply(message: Message) -> None:
    replies.append(json.loads(message.body))


def on_event(message: Message) -> None:
    events.append(json.loads(message.body))


def wait(channel: Any, arrived: list[dict[str, Any]]) -> dict[str, Any]:
    while not arrived:
        channel.process_data_events()
    return arrived.pop(0)


def main(first: str, second: str) -> None:
    with UriConnection(os.environ["USERBUS_AMQP_URL"]) as connection, connection.channel() as channel:
        queue = channel.queue.declare(exclusive=True)["queue"]
        channel.queue.bind(queue, "userbus.events", "user.created")
        channel.basic.consume(on_event, queue, no_ack=True)
        channel.basic.consume(on_reply, REPLIES, no_ack=True)
        body = json.dumps({"username": first})
        message = Message.create(channel, body, {"message_id": str(uuid4()), "reply_to": REPLIES})
        message.publish("user.create", "userbus.commands")
        print("created", wait(channel, replies)["data"]["id"])
        event = wait(channel, events)
        print("heard", event["type"], event["subject"])
        message = Message.create(channel, json.dumps({"username": second}), {"reply_to": REPLIES})
        message.publish("user.create", "userbus.commands")
        print("created", wait(channel, replies)["data"]["id"])


main(*sys.argv[1:])
