"""A channel of a connection: what a client may ask of the broker."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.commands import Basic, Confirm, Exchange, Queue
from pamqp.commands import Channel as ChannelMethods
from pamqp.header import ContentHeader

from testing.broker.broker import Broker, QueueDiffers
from testing.broker.consumer import ChannelConsumer, End, OpenDeliveries, Send
from testing.broker.message import BrokerMessage
from testing.broker.queues import MemoryQueue

REFUSED, NOT_FOUND, PRECONDITION, UNSUPPORTED, NO_ROUTE = 403, 404, 406, 540, 312
DIRECT = "amq.rabbitmq.reply-to"
LONGEST_EXPIRATION = 10 * 365 * 86_400_000  # ms
Answer = Frame | None


class ChannelRefused(Exception):
    """The channel is to be closed with this code of AMQP and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class BrokerChannel:
    """Answers the methods of one channel.

    `user` is who is connected; `exclusive` collects the connection's own queues.
    """

    def __init__(self, broker: Broker, user: str, exclusive: set[str], send: Send) -> None:
        self._broker = broker
        self._user = user
        self._exclusive = exclusive
        self._send = send
        self._tags = OpenDeliveries(send)
        self._consumers: dict[str, ChannelConsumer] = {}
        self._prefetch = 0
        self._direct = ""  # the queue of direct replies
        self._confirmed: int | None = None
        self._publishing: Basic.Publish | None = None
        self._header = ContentHeader()
        self._body = b""

    def handle(self, frame: Any) -> None:
        """Do what a frame asks. Raises `ChannelRefused`."""
        if isinstance(frame, ContentHeader):
            self._header, self._body = frame, b""
            self._finish_publish()
        elif isinstance(frame, ContentBody):
            self._body += frame.value or b""
            self._finish_publish()
        elif type(frame) not in _METHODS:
            raise ChannelRefused(UNSUPPORTED, f"NOT_IMPLEMENTED - {frame.name} is not known to userbus in memory")
        elif (answer := _METHODS[type(frame)](self, frame)) is not None and not getattr(frame, "nowait", False):
            self._send(answer, None)

    def close(self) -> None:
        """Give back what is not acknowledged, and consume no more."""
        for consumer in self._consumers.values():
            consumer.queue.remove(consumer)
        self._consumers.clear()
        self._tags.give_all_back()

    def begin_publish(self, frame: Basic.Publish) -> Answer:
        """Wait for the message's header and body."""
        if not self._broker.has_exchange(frame.exchange):
            raise ChannelRefused(NOT_FOUND, f"NOT_FOUND - no exchange '{frame.exchange}' in vhost '/'")
        self._publishing = frame
        return None

    def _finish_publish(self) -> None:
        publishing, properties = self._publishing, self._header.properties
        if publishing is None or len(self._body) < self._header.body_size:
            return
        self._publishing = None
        self._check(properties)
        message = BrokerMessage(publishing.exchange, publishing.routing_key, properties, self._body)
        if not self._broker.publish(message) and publishing.mandatory:
            self._send(Basic.Return(NO_ROUTE, "NO_ROUTE", message.exchange, message.key), message)
        if self._confirmed is not None:
            self._confirmed += 1
            self._send(Basic.Ack(self._confirmed), None)

    def _check(self, properties: Basic.Properties) -> None:
        if properties.user_id and properties.user_id != self._user:
            text = f"user_id property set to '{properties.user_id}' but authenticated user was '{self._user}'"
            raise ChannelRefused(PRECONDITION, f"PRECONDITION_FAILED - {text}")
        expiration = properties.expiration
        if expiration and not (expiration.isdecimal() and int(expiration) <= LONGEST_EXPIRATION):
            raise ChannelRefused(PRECONDITION, f"PRECONDITION_FAILED - invalid expiration '{expiration}'")
        if properties.reply_to == DIRECT:
            if not self._direct:
                raise ChannelRefused(PRECONDITION, "PRECONDITION_FAILED - fast reply consumer does not exist")
            properties.reply_to = self._direct

    def confirm(self, _: Confirm.Select) -> Answer:
        """Confirm what is published from now on."""
        self._confirmed = 0 if self._confirmed is None else self._confirmed
        return Confirm.SelectOk()

    def declare_exchange(self, frame: Exchange.Declare) -> Answer:
        """Make an exchange, or look whether there is one."""
        if not frame.passive:
            self._declare_exchange(frame)
        if not self._broker.has_exchange(frame.exchange):
            raise ChannelRefused(NOT_FOUND, f"NOT_FOUND - no exchange '{frame.exchange}' in vhost '/'")
        return Exchange.DeclareOk()

    def _declare_exchange(self, frame: Exchange.Declare) -> None:
        try:
            self._broker.declare_exchange(frame.exchange, frame.exchange_type, frame.arguments or {})
        except ValueError as error:
            raise ChannelRefused(PRECONDITION, f"PRECONDITION_FAILED - {error}") from error

    def bind_exchange(self, frame: Exchange.Bind) -> Answer:
        """Bind an exchange to another."""
        for name in (frame.source, frame.destination):
            if not name or not self._broker.has_exchange(name):
                raise ChannelRefused(NOT_FOUND, f"NOT_FOUND - no exchange '{name}' in vhost '/'")
        self._broker.bind_exchange(frame.destination, frame.source, frame.routing_key)
        return Exchange.BindOk()

    def declare_queue(self, frame: Queue.Declare) -> Answer:
        """Make a queue, or look at it."""
        queue = self._find(frame.queue) if frame.passive else self._declare(frame)
        return Queue.DeclareOk(queue.name, queue.length, len(queue.receivers))

    def _declare(self, frame: Queue.Declare) -> Any:
        try:
            queue = self._broker.declare_queue(frame.queue, frame.arguments or {})
        except QueueDiffers as error:
            raise ChannelRefused(PRECONDITION, f"PRECONDITION_FAILED - {error}") from error
        if frame.exclusive:
            self._exclusive.add(queue.name)
        return queue

    def bind_queue(self, frame: Queue.Bind) -> Answer:
        """Bind a queue."""
        if not frame.exchange or not self._broker.has_exchange(frame.exchange):
            raise ChannelRefused(NOT_FOUND, f"NOT_FOUND - no exchange '{frame.exchange}' in vhost '/'")
        self._broker.bind(self._find(frame.queue).name, frame.exchange, frame.routing_key, frame.arguments or {})
        return Queue.BindOk()

    def unbind_queue(self, frame: Queue.Unbind) -> Answer:
        """Unbind a queue."""
        self._broker.unbind(frame.queue, frame.exchange, frame.routing_key)
        return Queue.UnbindOk()

    def delete_queue(self, frame: Queue.Delete) -> Answer:
        """Delete a queue."""
        return Queue.DeleteOk(self._broker.delete_queue(frame.queue))

    def purge_queue(self, frame: Queue.Purge) -> Answer:
        """Drop what waits in a queue."""
        return Queue.PurgeOk(self._find(frame.queue).purge())

    def set_prefetch(self, frame: Basic.Qos) -> Answer:
        """Limit what later consumers have unacknowledged."""
        self._prefetch = frame.prefetch_count
        return Basic.QosOk()

    def consume(self, frame: Basic.Consume) -> Answer:
        """Begin to deliver; the answer goes before the first message."""
        name = self._open_direct_replies() if frame.queue == DIRECT else frame.queue
        queue, tag = self._find(name), frame.consumer_tag or f"amq.ctag-{uuid4().hex}"
        consumer = ChannelConsumer(tag, queue, self._prefetch, not frame.no_ack, self._tags)
        self._consumers[tag] = consumer
        self._send(Basic.ConsumeOk(tag), None)
        queue.add(consumer, (frame.arguments or {}).get("x-stream-offset"))
        return None

    def _open_direct_replies(self) -> str:
        self._direct = self._broker.declare_queue(f"{DIRECT}.{uuid4().hex}", {}).name
        self._exclusive.add(self._direct)
        return self._direct

    def get(self, frame: Basic.Get) -> Answer:
        """Deliver one message, if there is one."""
        queue = self._find(frame.queue)
        if not isinstance(queue, MemoryQueue):
            raise ChannelRefused(UNSUPPORTED, f"NOT_IMPLEMENTED - '{queue.name}' is a stream: consume from it")
        if not queue.ready:
            return Basic.GetEmpty()
        message = queue.ready.popleft()
        holder = ChannelConsumer("", queue, 0, True, self._tags)
        tag = self._tags.next() if frame.no_ack else self._tags.add(holder, message)
        method = Basic.GetOk(tag, message.redelivered, message.exchange, message.key, queue.length)
        self._send(method, message)
        return None

    def cancel(self, frame: Basic.Cancel) -> Answer:
        """Deliver no more to a consumer."""
        if consumer := self._consumers.pop(frame.consumer_tag or "", None):
            consumer.queue.remove(consumer)
        return Basic.CancelOk(frame.consumer_tag)

    def acknowledge(self, frame: Basic.Ack) -> Answer:
        """Forget deliveries."""
        return self._settle(frame.delivery_tag, frame.multiple, "acknowledged")

    def refuse(self, frame: Basic.Nack) -> Answer:
        """Give deliveries back, or up."""
        return self._settle(frame.delivery_tag, frame.multiple, "given back" if frame.requeue else "given up")

    def reject(self, frame: Basic.Reject) -> Answer:
        """Give a delivery back, or up."""
        return self._settle(frame.delivery_tag or 0, False, "given back" if frame.requeue else "given up")

    def _settle(self, tag: int, multiple: bool, end: End) -> Answer:
        try:
            self._tags.settle(tag, multiple, end)
        except KeyError as error:
            raise ChannelRefused(PRECONDITION, f"PRECONDITION_FAILED - unknown delivery tag {tag}") from error
        return None

    def _find(self, name: str) -> Any:
        if name not in self._broker.queues:
            raise ChannelRefused(NOT_FOUND, f"NOT_FOUND - no queue '{name}' in vhost '/'")
        return self._broker.queues[name]


_METHODS: dict[type, Callable[[BrokerChannel, Any], Answer]] = {
    Basic.Ack: BrokerChannel.acknowledge,
    Basic.Cancel: BrokerChannel.cancel,
    Basic.Consume: BrokerChannel.consume,
    Basic.Get: BrokerChannel.get,
    Basic.Nack: BrokerChannel.refuse,
    Basic.Publish: BrokerChannel.begin_publish,
    Basic.Qos: BrokerChannel.set_prefetch,
    Basic.Reject: BrokerChannel.reject,
    Confirm.Select: BrokerChannel.confirm,
    Exchange.Bind: BrokerChannel.bind_exchange,
    Exchange.Declare: BrokerChannel.declare_exchange,
    Queue.Bind: BrokerChannel.bind_queue,
    Queue.Declare: BrokerChannel.declare_queue,
    Queue.Delete: BrokerChannel.delete_queue,
    Queue.Purge: BrokerChannel.purge_queue,
    Queue.Unbind: BrokerChannel.unbind_queue,
    ChannelMethods.CloseOk: lambda *_: None,
}
