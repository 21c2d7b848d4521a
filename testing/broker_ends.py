"""The worker's ends on the broker: what it publishes with, and what it is given messages by."""

from collections.abc import Callable

from aio_pika import IncomingMessage
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from testing.broker.broker import Broker
from testing.broker.message import BrokerMessage
from worker.bus.publications import RawMessage
from worker.bus.publisher import Message, Publisher
from worker.delivery.envelope import Envelope, read_envelope
from worker.delivery.replies import Replies


class MemoryPublisher(Publisher):
    """Publishes to the broker in memory, which has every message at once."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def publish(self, exchange: str, key: str, message: Message, seconds: float = 5.0) -> None:  # noqa: ARG002  as Publisher has it
        """Publish."""
        self._broker.publish(BrokerMessage(exchange, key, message.properties, message.body))


class MemoryReplies(Replies):
    """Sends replies to the queues of callers in memory."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def _publish(self, address: str, message: RawMessage, seconds: float) -> None:  # noqa: ARG002  as Replies has it
        self._broker.publish(BrokerMessage("", address, message.properties, message.body))


class WorkerEnd:
    """Consumes queues, and hands each message on as the worker reads it."""

    has_room = True

    def __init__(self, receive: Callable[[Envelope], object]) -> None:
        self._receive = receive

    def deliver(self, message: BrokerMessage, offset: int | None = None) -> None:  # noqa: ARG002  a stream tells it
        """Take a message."""
        deliver = Basic.Deliver("worker", 1, message.redelivered, message.exchange, message.key)
        header = ContentHeader(0, len(message.body), message.properties)
        # the worker acknowledges nothing here: there is no channel
        delivered = DeliveredMessage(deliver, header, message.body, channel=None)  # type: ignore[arg-type]  # see above
        self._receive(read_envelope(IncomingMessage(delivered, no_ack=True)))

    def cancel(self) -> None:
        """Be told that the queue is gone."""
