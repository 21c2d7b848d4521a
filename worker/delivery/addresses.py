"""Reply addresses, as AMQP 0-9-1, AMQP 1.0 and STOMP clients write them."""

import re
from urllib.parse import unquote

_PATHS = re.compile(r"^/(?:queues|queue|amq/queue|reply-queue)/(?P<name>[^/]+)$")


def reply_queue_name(address: str) -> str:
    """Return the name of the queue that a reply address means.

    AMQP 1.0 on RabbitMQ 4 writes `/queues/<name>`; its plug-in for 3.10 and STOMP write `/queue/`, `/amq/queue/` or
    `/reply-queue/`. The name is percent-encoded there. Any other address is a queue's name as it is.
    """
    found = _PATHS.match(address)
    return unquote(found["name"], errors="replace") if found else address
