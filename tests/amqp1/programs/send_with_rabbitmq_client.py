"""Send user.create with RabbitMQ's own client: `send_with_rabbitmq_client.py HOST:PORT USER PASSWORD QUEUE`.

Prints one JSON object: of each form the reply, and the correlation id as it came back.
"""

import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from rabbitmq_amqp_python_client import (  # type: ignore[import-not-found]
    AddressHelper,
    AMQPMessagingHandler,
    Environment,
    Message,
)

FORMS: dict[str, dict[str, Any]] = {
    "texts": {"id": uuid4().hex, "correlation_id": "1"},
    "UUIDs": {"id": uuid4(), "correlation_id": UUID(int=2)},
    "no message id": {"correlation_id": "3"},
}


class Handler(AMQPMessagingHandler):  # type: ignore[misc]  # of another environment
    """Collects replies, and ends once there is one for each form."""

    def __init__(self, seen: dict[str, Any], done: Callable[[], None]) -> None:
        super().__init__()
        self._seen = seen
        self._done = done

    def on_amqp_message(self, event: Any) -> None:
        """Take a reply."""
        self.delivery_context.accept(event)
        correlation = event.message.correlation_id
        name = next(name for name, form in FORMS.items() if form["correlation_id"] == correlation)
        self._seen[name] = [json.loads(bytes(event.message.body)), str(correlation)]
        if len(self._seen) == len(FORMS):
            self._done()


def main() -> None:
    address, user, password, queue = sys.argv[1:]
    environment = Environment(uri=f"amqp://{user}:{password}@{address}/")
    connection = environment.connection()
    connection.dial()
    publisher = connection.publisher(AddressHelper.exchange_address("userbus.commands", "user.create"))
    for form in FORMS.values():
        body = json.dumps({"username": f"u_{uuid4().hex}"}).encode()
        publisher.publish(Message(body=body, reply_to=AddressHelper.queue_address(queue), **form))
    seen: dict[str, Any] = {}
    reader = environment.connection()
    reader.dial()
    consumer = reader.consumer(AddressHelper.queue_address(queue), message_handler=Handler(seen, lambda: _tell(seen)))
    consumer.run()


def _tell(seen: dict[str, Any]) -> None:
    print(json.dumps(seen), flush=True)
    sys.exit(0)


if __name__ == "__main__":
    main()
