"""AMQP messages in whatever octets a stranger may send, past a library that would refuse to write them."""

import struct
from collections.abc import Mapping
from typing import Any, Self
from uuid import uuid4

from aio_pika.abc import AbstractChannel
from pamqp import commands, encode

from tests.support.raw import ORDER, short, table

Fields = Mapping[str, Any]


class Key(str):
    """A routing key of these octets."""

    octets: bytes

    def __new__(cls, octets: bytes) -> Self:
        key = super().__new__(cls, octets.decode(errors="replace"))
        key.octets = octets
        return key

    def encode(self, *_: str, **__: str) -> bytes:
        return self.octets


class Properties(commands.Basic.Properties):
    """Properties of these octets; the message_id beside them only tells the confirms apart."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(message_id=uuid4().hex)
        self.octets = octets

    def marshal(self) -> bytes:
        return self.octets


def fields_table(entries: Mapping[str | bytes, Any]) -> bytes:
    """A field table; values in bytes are fields already, the octet of their type and all."""
    return table(b"".join(short(key) + _field(value) for key, value in entries.items()))


def properties(fields: Fields) -> bytes:
    """Properties as they travel: texts may be bytes, `headers` is a table, `timestamp` any unsigned number."""
    flags = sum(1 << (15 - place) for place, name in enumerate(ORDER) if name in fields)
    return struct.pack(">H", flags) + b"".join(_value(name, fields[name]) for name in ORDER if name in fields)


async def publish(channel: AbstractChannel, name: bytes, body: bytes, fields: Fields) -> None:
    """Send to the commands exchange, with a confirm."""
    under = await channel.get_underlay_channel()
    told = Properties(properties(fields))
    await under.basic_publish(body, exchange="userbus.commands", routing_key=Key(name), properties=told)


def _value(name: str, value: Any) -> bytes:
    if name == "headers":
        return bytes(value)
    if name == "timestamp":
        return struct.pack(">Q", value)
    return struct.pack(">B", value) if isinstance(value, int) else short(value)


def _field(value: Any) -> bytes:
    return value if isinstance(value, bytes) else encode.encode_table_value(value)
