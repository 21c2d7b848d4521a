"""AMQP frames that are sent in one turn of the event loop, written to the socket together."""

import asyncio
import contextlib
from collections.abc import Iterable

from aio_pika.exceptions import ChannelInvalidStateError
from aiormq.abc import ChannelFrame, FrameType
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal
from pamqp.header import ContentHeader


class FrameBatch:
    """Sends frames on a channel, those of one turn in one write and in their order.

    aiormq takes a lock, two timers and a write for each message; a write also wakes the broker. The write has a task
    of its own, so that a sender that is cancelled does not take the frames of others along.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._payloads: list[bytes] = []
        self._senders: list[asyncio.Future[None]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def send(self, frames: Iterable[FrameType]) -> None:
        """Send frames that the broker does not answer; return once the socket has them.

        Raises the connection's errors, and `ValueError` or `TypeError` for what cannot be encoded.
        """
        self._payloads.append(encode_frames(frames, self.channel))
        await self.wait_written()

    async def wait_written(self) -> None:
        """Return once the socket has what this turn adds to the batch."""
        if self.channel.is_closed:
            raise ChannelInvalidStateError(f"{self.channel!r} is closed")
        loop = asyncio.get_running_loop()
        if not self._senders:
            loop.call_soon(self._start_write)
        sent: asyncio.Future[None] = loop.create_future()
        self._senders.append(sent)
        await sent

    def take_payload(self) -> bytes:
        """Return the batch and begin the next."""
        payloads, self._payloads = self._payloads, []
        return b"".join(payloads)

    def _start_write(self) -> None:
        senders, self._senders = self._senders, []
        task = asyncio.get_running_loop().create_task(self._write(self.take_payload(), senders))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, payload: bytes, senders: list[asyncio.Future[None]]) -> None:
        try:
            written = self.channel.create_future()  # fails when the channel is closed
            frame = ChannelFrame(payload, should_close=False, drain_future=written)
            await self._put(frame, written)
            await written
        except asyncio.CancelledError:  # also what aiormq fails its futures with at the end of a connection
            _settle(senders, ChannelInvalidStateError(f"{self.channel!r} was closed"))
            raise
        except Exception as error:  # any other error is passed on to the senders
            _settle(senders, error)
        else:
            _settle(senders, None)

    async def _put(self, frame: ChannelFrame, written: asyncio.Future[None]) -> None:
        """Hand a frame to the connection's writer; once that has gone, a queue that is full stays full for ever."""
        with contextlib.suppress(asyncio.QueueFull):
            return self.channel.write_queue.put_nowait(frame)
        put = asyncio.ensure_future(self.channel.write_queue.put(frame))
        try:
            await asyncio.wait({put, written}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            put.cancel()


def encode_frames(frames: Iterable[FrameType], channel: Channel) -> bytes:
    """Return frames as the channel sends them. Raises `ValueError` or `TypeError`."""
    return b"".join([marshal(frame, channel.number) for frame in frames])


def publish_frames(
    channel: Channel, publish: Basic.Publish, properties: Basic.Properties, body: bytes
) -> list[FrameType]:
    """Return the frames of a message."""
    return [publish, *content_frames(channel, properties, body)]


def content_frames(channel: Channel, properties: Basic.Properties, body: bytes) -> list[FrameType]:
    """Return the frames of a message after the first; a long body is split as the connection needs it."""
    size = channel.max_content_size
    parts = [ContentBody(body[start : start + size]) for start in range(0, len(body), size)]
    return [ContentHeader(properties=properties, body_size=len(body)), *parts]


def _settle(senders: list[asyncio.Future[None]], error: Exception | None) -> None:
    for sent in senders:
        if sent.done():  # its sender has been cancelled
            continue
        if error is None:
            sent.set_result(None)
        else:
            sent.set_exception(error)
