"""Send user.create in each form that Qpid Proton has: `send_with_proton.py HOST:PORT USER PASSWORD QUEUE`.

Prints one JSON object: of each form the reply, and the correlation id as it came back.
"""

import json
import sys
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from proton import Message, symbol  # type: ignore[import-not-found]
from proton.utils import BlockingConnection  # type: ignore[import-not-found]

FORMS: dict[str, dict[str, Any]] = {
    "string": {"correlation_id": "1"},
    "binary": {"body": bytes, "correlation_id": "2"},
    "data section": {"body": bytes, "inferred": True, "correlation_id": "3"},
    "map": {"body": json.loads, "correlation_id": "4"},
    "no message id": {"id": None, "correlation_id": "5"},
    "UUIDs": {"id": uuid4(), "correlation_id": UUID(int=6)},
    "numbers": {"id": uuid4().int % 2**60, "correlation_id": 7},
    "long texts": {"id": uuid4().hex * 10, "correlation_id": "8" * 300},
    "bytes": {"id": b"\xff" + uuid4().bytes, "correlation_id": b"\xff\x09"},
    "seconds": {"properties": {"x-deadline": 1}, "correlation_id": "10"},
    "a queue": {
        "address": "/queues/userbus.user",
        "annotations": {symbol("x-basic-type"): "user.create"},
        "body": bytes,
        "inferred": True,
        "correlation_id": "11",
    },
}


def main() -> None:
    address, user, password, queue = sys.argv[1:]
    connection = BlockingConnection(f"amqp://{address}", user=user, password=password, allowed_mechs="PLAIN")
    replies = f"/queues/{quote(queue, safe='')}"
    receiver = connection.create_receiver(replies)
    seen = {}
    for name, form in FORMS.items():
        given = {"id": uuid4().hex, "address": "/exchanges/userbus.commands/user.create", "reply_to": replies, **form}
        text = json.dumps({"username": f"u_{uuid4().hex}"})
        make = given.pop("body", str)
        body = text.encode() if make is bytes else make(text)
        sender = connection.create_sender(given["address"])
        sender.send(Message(body=body, **given))
        reply = receiver.receive(timeout=20)
        receiver.accept()
        correlation = reply.correlation_id or reply.annotations["x-correlation-id"]
        plain = bytes(correlation).hex() if isinstance(correlation, memoryview | bytes) else str(correlation)
        seen[name] = [json.loads(bytes(reply.body)), plain]
        sender.close()
    connection.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
