"""Messages that are published in one write to the socket, with the broker's confirm of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from aiormq.abc import ChannelFrame, ConfirmationFrameType, DeliveredMessage
from aiormq.channel import Channel
from pamqp.commands import Basic
from pamqp.frame import marshal

from worker.bus.frame_batch import content_frames, encode_frames

Confirmation = asyncio.Future[ConfirmationFrameType | DeliveredMessage]


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it travels; to make and to read one of aio-pika's takes as long as all that is sent of it."""

    properties: Basic.Properties
    body: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """A message and where it is published; a `mandatory` one that no queue takes comes back, by its message_id."""

    exchange: str
    key: str
    properties: Basic.Properties
    body: bytes
    mandatory: bool = True


async def publish_together(channel: Channel, publications: Sequence[Publication]) -> list[Confirmation]:
    """Publish on a channel with confirms; return what will be the broker's answer to each message, in their order.

    The answer is a frame, the message itself if it comes back, or an exception. Raises the connection's errors, and
    `ValueError` or `TypeError` for what cannot be encoded.
    """
    payload = b"".join([_encode(each, channel) for each in publications])
    async with channel.lock:  # aiormq numbers under this lock what it publishes
        await channel.write_queue.put(ChannelFrame(payload, should_close=False))
        return [_expect_confirm(channel, each) for each in publications]  # before the loop runs anything else


def _encode(publication: Publication, channel: Channel) -> bytes:
    publish = _encode_publish(channel.number, publication.exchange, publication.key, publication.mandatory)
    return publish + encode_frames(content_frames(channel, publication.properties, publication.body), channel)


@lru_cache(maxsize=256)  # it is the same for every event of a name
def _encode_publish(channel: int, exchange: str, key: str, mandatory: bool) -> bytes:
    return marshal(Basic.Publish(0, exchange, key, mandatory), channel)


def _expect_confirm(channel: Channel, publication: Publication) -> Confirmation:
    channel.delivery_tag += 1
    confirmation: Confirmation = channel.create_future()
    channel.confirmations[channel.delivery_tag] = confirmation
    if publication.mandatory:
        message_id = publication.properties.message_id or ""
        channel.message_id_delivery_tag[message_id] = channel.delivery_tag
        confirmation.add_done_callback(lambda _: channel.message_id_delivery_tag.pop(message_id, None))
    return confirmation
