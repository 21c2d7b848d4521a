"""pika: see ../test_programs.py."""

import json
import os
import sys
from typing import Any
from uuid import uuid4

from pika import BasicProperties, BlockingConnection, URLParameters  # type: ignore[import-not-found]  # of another environment

EXCHANGE, REPLIES = "userbus.commands", "amq.rabbitmq.reply-to"

connection = BlockingConnection(URLParameters(os.environ["USERBUS_AMQP_URL"]))
channel = connection.channel()
replies: list[dict[str, Any]] = []
events: list[dict[str, Any]] = []


def on_reply(_channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
    replies.append(json.loads(body))


def on_event(_channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
    events.append(json.loads(body))


def wait(arrived: list[dict[str, Any]]) -> dict[str, Any]:
    while not arrived:
        connection.process_data_events(time_limit=None)
    return arrived.pop(0)


queue = channel.queue_declare("", exclusive=True).method.queue
channel.queue_bind(queue, "userbus.events", "user.created")
channel.basic_consume(queue, on_event, auto_ack=True)
channel.basic_consume(REPLIES, on_reply, auto_ack=True)

first, second = (json.dumps({"username": name}) for name in sys.argv[1:])
channel.basic_publish(EXCHANGE, "user.create", first, BasicProperties(message_id=str(uuid4()), reply_to=REPLIES))
print("created", wait(replies)["data"]["id"])
event = wait(events)
print("heard", event["type"], event["subject"])
channel.basic_publish(EXCHANGE, "user.create", second, BasicProperties(reply_to=REPLIES))
print("refused", wait(replies)["problem"]["code"])
connection.close()
