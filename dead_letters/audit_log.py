"""The audit log of dead letters: who redrove or dropped which, as JSON lines in a stream on the broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from client.sources import stream_place
from contracts.catalog import DEAD_LOG
from contracts.lost_connections import name_lost_connections
from dead_letters.dead_letter import Selection

IDS_PER_ENTRY = 500
QUIET = 2.0  # seconds without an entry that mean the end: a stream does not tell its length


@dataclass(slots=True)
class AuditLog:
    """Records one run: who, the verb and selection when it begins, then the ids that were handled, many to an entry.

    `changed` names the fields of a body that was changed, never what they hold.
    """

    channel: AbstractChannel
    by: str
    verb: str
    selection: Selection
    why: str = ""
    changed: Sequence[str] = ()
    _ids: list[str] = field(default_factory=list)

    async def record(self, id: str) -> None:
        """Record a handled dead letter."""
        self._ids.append(id)
        if len(self._ids) >= IDS_PER_ENTRY:
            await self._flush()

    async def _flush(self) -> None:
        if self._ids:
            await self._append({"ids": self._ids, **({"changed": [*self.changed]} if self.changed else {})})
            self._ids = []

    async def _append(self, entry: dict[str, Any]) -> None:
        entry = {"at": datetime.now(UTC).isoformat(), "by": self.by, "verb": self.verb, **entry}
        message = aio_pika.Message(json.dumps(entry, ensure_ascii=False).encode(), delivery_mode=2)
        with name_lost_connections():
            await self.channel.default_exchange.publish(message, DEAD_LOG)

    async def __aenter__(self) -> Self:
        await self._append({"began": self.selection.conditions(), **({"why": self.why} if self.why else {})})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._flush()


async def read_entries(channel: AbstractChannel, since: datetime | None = None) -> AsyncIterator[dict[str, Any]]:
    """Yield all entries, or those since a time, oldest first. Raises `ConnectionError` where the connection is lost."""
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await channel.set_qos(prefetch_count=100)
    stream = await channel.get_queue(DEAD_LOG, ensure=False)
    # from a time on the broker begins with the chunk that has it, which may hold earlier entries
    await stream.consume(arrived.put, arguments={"x-stream-offset": stream_place(since or "first")})
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(QUIET):
                message = await arrived.get()
            with name_lost_connections():
                await message.ack()
            entry = json.loads(message.body)
            if since is None or entry["at"] >= since.isoformat():
                yield entry
    if channel.is_closed:
        raise ConnectionError("the connection to the broker was lost")
