"""A consumer on a channel: which messages it has, and which of them are not acknowledged."""

from collections.abc import Callable
from copy import copy
from typing import Literal

from pamqp.base import Frame
from pamqp.commands import Basic

from testing.broker.broker import Queue
from testing.broker.message import BrokerMessage

End = Literal["acknowledged", "given back", "given up"]
Send = Callable[[Frame, BrokerMessage | None], None]


class ChannelConsumer:
    """Delivers a queue's messages on a channel; `prefetch` is how many may be unacknowledged, 0 for any number."""

    def __init__(self, tag: str, queue: Queue, prefetch: int, is_acknowledging: bool, tags: "OpenDeliveries") -> None:
        self.tag = tag
        self.queue = queue
        self._prefetch = prefetch
        self.is_acknowledging = is_acknowledging
        self.in_hand = 0
        self._tags = tags

    @property
    def has_room(self) -> bool:
        """Whether it may have another message."""
        return not self._prefetch or self.in_hand < self._prefetch

    def deliver(self, message: BrokerMessage, offset: int | None = None) -> None:
        """Send a message; one of a stream says its offset."""
        number = self._tags.add(self, message) if self.is_acknowledging else self._tags.next()
        deliver = Basic.Deliver(self.tag, number, message.redelivered, message.exchange, message.key)
        self._tags.send(deliver, message if offset is None else _at(message, offset))

    def cancel(self) -> None:
        """Tell the client that the queue is gone."""
        self._tags.send(Basic.Cancel(self.tag, nowait=True), None)


class OpenDeliveries:
    """The deliveries of a channel that are not acknowledged, by their tags, which count from 1."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self._last = 0
        self._open: dict[int, tuple[ChannelConsumer, BrokerMessage]] = {}

    def next(self) -> int:
        """Return the next tag."""
        self._last += 1
        return self._last

    def add(self, consumer: ChannelConsumer, message: BrokerMessage) -> int:
        """Keep a delivery until it is settled; return its tag."""
        tag = self.next()
        self._open[tag] = consumer, message
        consumer.in_hand += 1
        return tag

    def settle(self, tag: int, multiple: bool, end: End) -> None:
        """End deliveries: acknowledged, given back or given up; `multiple` means all up to the tag, 0 all.

        Raises KeyError for a tag that is not open.
        """
        tags = [each for each in self._open if each <= tag or not tag] if multiple else [tag]
        settled = [self._open.pop(each) for each in tags]
        for consumer, _ in settled:
            consumer.in_hand -= 1
        for queue in dict.fromkeys(consumer.queue for consumer, _ in settled):
            messages = [message for consumer, message in settled if consumer.queue is queue]
            if end == "given back":
                queue.give_back(messages)
            for message in messages if end == "given up" else ():
                queue.give_up(message)
            queue.pump()

    def give_all_back(self) -> None:
        """Give back all deliveries, as the channel is closed."""
        self.settle(0, multiple=True, end="given back")


def _at(message: BrokerMessage, offset: int) -> BrokerMessage:
    properties = copy(message.properties)
    properties.headers = {**(properties.headers or {}), "x-stream-offset": offset}
    return BrokerMessage(message.exchange, message.key, properties, message.body)
