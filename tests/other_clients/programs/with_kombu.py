"""kombu, which Celery sends with: see ../test_programs.py."""

import json
import os
import sys
from typing import Any
from uuid import uuid4

from kombu import Connection, Consumer, Exchange, Producer, Queue  # type: ignore[import-not-found]  # of another environment

replies: list[dict[str, Any]] = []
events: list[dict[str, Any]] = []


def on_reply(payload: dict[str, Any], message: Any) -> None:
    replies.append(payload)
    message.ack()


def on_event(payload: str, message: Any) -> None:
    assert isinstance(payload, str)
    events.append(json.loads(message.body))
    message.ack()


def wait(connection: Connection, arrived: list[dict[str, Any]]) -> dict[str, Any]:
    while not arrived:
        connection.drain_events()
    return arrived.pop(0)


def main(first: str, second: str) -> None:
    exchange = Exchange("userbus.events", type="topic")
    heard = Queue(uuid4().hex, exchange, "user.created", exclusive=True)
    answers = Queue(uuid4().hex, exclusive=True)
    with Connection(os.environ["USERBUS_AMQP_URL"]) as connection:
        producer = Producer(connection)
        to = {"exchange": "userbus.commands", "routing_key": "user.create", "reply_to": answers.name}
        with Consumer(connection, answers, callbacks=[on_reply]), Consumer(connection, heard, callbacks=[on_event]):
            producer.publish({"username": first}, **to, message_id=str(uuid4()))
            print("created", wait(connection, replies)["data"]["id"])
            event = wait(connection, events)
            print("heard", event["type"], event["subject"])
            producer.publish({"username": second}, **to)
            print("refused", wait(connection, replies)["problem"]["code"])


main(*sys.argv[1:])
