"""A publisher that writes its frames by hand: keys and properties that no client library would send."""

import struct

import aiormq
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from pamqp import commands, frame
from pamqp.body import ContentBody

ORDER = (  # the properties in the order of the protocol; the first has the highest bit
    "content_type", "content_encoding", "headers", "delivery_mode", "priority", "correlation_id", "reply_to",
    "expiration", "message_id", "timestamp", "type", "user_id", "app_id",
)  # fmt: skip


def short(text: bytes | str) -> bytes:
    """A short string: up to 255 bytes."""
    octets = text.encode() if isinstance(text, str) else text
    return bytes([len(octets)]) + octets


def table(entries: bytes) -> bytes:
    """A field table of entries that are encoded already."""
    return struct.pack(">I", len(entries)) + entries


async def publish(url: str, key: bytes, body: bytes, **properties: bytes) -> None:
    """Publish to `userbus.commands`; `properties` as they go over the wire. Returns when the broker has read it."""
    connection = await aiormq.connect(url)
    try:
        channel = await connection.channel(publisher_confirms=False)
        assert isinstance(channel, Channel)
        payload = b"".join([_method(channel.number, key), _header(channel.number, len(body), properties)])
        payload += frame.marshal(ContentBody(body), channel.number) if body else b""
        await channel.write_queue.put(ChannelFrame(payload, should_close=False))
        await channel.exchange_declare("userbus.commands", passive=True)  # its answer comes after what was sent before
    finally:
        await connection.close()


def _method(channel: int, key: bytes) -> bytes:
    payload = struct.pack(">HHH", 60, 40, 0) + short("userbus.commands") + short(key) + b"\0"
    return _framed(1, channel, payload)


def _header(channel: int, size: int, properties: dict[str, bytes]) -> bytes:
    flags = sum(1 << (15 - place) for place, name in enumerate(ORDER) if name in properties)
    told = b"".join(properties[name] for name in ORDER if name in properties)
    return _framed(2, channel, struct.pack(">HHQH", commands.Basic.frame_id, 0, size, flags) + told)


def _framed(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"
