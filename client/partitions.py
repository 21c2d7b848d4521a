"""A consumer's queue in partitions: all events of a subject are in one, and one process at a time reads each."""

from dataclasses import InitVar, dataclass, field
from functools import partial
from typing import ClassVar

from aio_pika.abc import AbstractChannel
from aiormq.abc import FieldTable

from client.event import Event
from client.members import Members
from client.sources import QUEUE, EventQueue, Receive, require_name
from contracts.catalog import SUBJECT_HEADER

HASH = "x-consistent-hash"
MOST_PARTITIONS = 64
LONGEST_EXCHANGE = 127  # bytes of its name


@dataclass(slots=True)
class PartitionedQueue:
    """Durable quorum queues `<name>.0`, `<name>.1` …, which the processes of a consumer share.

    The exchange `<name>` spreads the events over them by their subjects. The queue `<name>` holds nothing: its length
    limit is the number of partitions, so that the broker refuses a process with another one.
    """

    whole: EventQueue
    partitions: int
    url: InitVar[str]
    app_id: InitVar[str]
    is_shared: ClassVar[bool] = True
    _members: Members = field(init=False)
    _share: range = range(0)

    def __post_init__(self, url: str, app_id: str) -> None:
        """Know nobody yet. Raises ValueError for a name that is too long with what is added to it."""
        require_name(members := f"{self.name}.members", LONGEST_EXCHANGE)
        self._members = Members(members, url, app_id)

    @property
    def name(self) -> str:
        """The name of the consumer's queue, were it one."""
        return self.whole.name

    @property
    def is_stale(self) -> bool:
        """Whether other partitions are due to this process than it consumes."""
        return self._members.share(self.partitions) != self._share

    async def consume(self, channel: AbstractChannel, receive: Receive) -> None:
        """Declare and bind everything, then consume from the partitions that are due to this process."""
        await channel.set_qos(self.whole.prefetch)
        await self._declare(channel)
        await self._members.join(channel, partial(receive, None))
        self._share = self._members.share(self.partitions)
        for number in self._share:
            queue = await channel.get_queue(f"{self.name}.{number}", ensure=False)
            await queue.consume(receive)

    def accepts(self, event: Event) -> bool:
        """Whether a pattern matches."""
        return self.whole.accepts(event)

    async def leave(self) -> None:
        """Leave the partitions to the other processes."""
        await self._members.leave()

    async def _declare(self, channel: AbstractChannel) -> None:
        marker: FieldTable = {"x-queue-type": "quorum", "x-max-length": self.partitions}
        await channel.declare_queue(self.name, durable=True, arguments=marker)
        by_subject: FieldTable = {"hash-header": SUBJECT_HEADER}
        exchange = await channel.declare_exchange(self.name, HASH, durable=True, arguments=by_subject)
        for number in range(self.partitions):
            queue = await channel.declare_queue(f"{self.name}.{number}", durable=True, arguments=QUEUE)
            await queue.bind(exchange, "1")  # its weight
        for pattern in self.whole.patterns:  # last, so that no event comes before all partitions are there
            await exchange.bind(self.whole.exchange, pattern)
