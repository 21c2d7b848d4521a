"""One client's connection, and the socket that takes them."""

import asyncio
from functools import partial
from typing import Any, cast

from pamqp.base import Frame
from pamqp.commands import Channel, Connection
from pamqp.exceptions import PAMQPException
from pamqp.frame import marshal
from pamqp.header import ProtocolHeader
from pamqp.heartbeat import Heartbeat

from testing.broker.broker import Broker
from testing.broker.channel import BrokerChannel, ChannelRefused
from testing.broker.frames import FRAME_MAX, FrameReader, message_frames
from testing.broker.message import BrokerMessage

HOST = "127.0.0.1"
CHANNELS = 2047
ABILITIES = ("publisher_confirms", "consumer_cancel_notify", "basic.nack", "exchange_exchange_bindings")
FORCED = 320


class ClientConnection(asyncio.Protocol):
    """Speaks AMQP 0-9-1 with one client; any name and password may connect."""

    def __init__(self, broker: Broker, opened: set["ClientConnection"]) -> None:
        self._broker = broker
        self._opened = opened
        self._reader = FrameReader()
        self._channels: dict[int, BrokerChannel] = {}
        self._exclusive: set[str] = set()
        self._user = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the client to begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._opened.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # as asyncio has it
        """Give back what the client has not acknowledged, and delete the queues that are its own."""
        self._opened.discard(self)
        self._transport = None
        for channel in self._channels.values():
            channel.close()
        for name in self._exclusive:
            self._broker.delete_queue(name)

    def data_received(self, data: bytes) -> None:
        """Answer each frame."""
        try:
            for number, frame in self._reader.read(data):
                self._handle(number, frame)
        except PAMQPException as error:
            self.end(f"SYNTAX_ERROR - {error}")

    def end(self, text: str) -> None:
        """Close the connection and say why."""
        self._write(marshal(Connection.Close(FORCED, text[:255], 0, 0), 0))
        if self._transport is not None:
            self._transport.close()

    def _handle(self, number: int, frame: Any) -> None:
        if number and number in self._channels:
            self._handle_on_channel(number, frame)
        elif isinstance(frame, Channel.Open):
            send = partial(self._send, number)
            self._channels[number] = BrokerChannel(self._broker, self._user, self._exclusive, send)
            self._send(number, Channel.OpenOk())
        elif isinstance(frame, ProtocolHeader):
            properties: Any = {"product": "userbus in memory", "capabilities": dict.fromkeys(ABILITIES, True)}
            self._send(0, Connection.Start(0, 9, properties, "PLAIN AMQPLAIN", "en_US"))
        elif isinstance(frame, Heartbeat):
            self._write(marshal(Heartbeat(), 0))
        else:
            self._handle_opening(frame)

    def _handle_opening(self, frame: Any) -> None:
        if isinstance(frame, Connection.StartOk):
            self._user = [*frame.response.split("\0"), "", ""][1]
            self._send(0, Connection.Tune(CHANNELS, FRAME_MAX, 60))
        elif isinstance(frame, Connection.Open):
            self._send(0, Connection.OpenOk())
        elif isinstance(frame, Connection.Close):
            self._send(0, Connection.CloseOk())

    def _handle_on_channel(self, number: int, frame: Any) -> None:
        if isinstance(frame, Channel.Close):
            self._channels.pop(number).close()
            return self._send(number, Channel.CloseOk())
        try:
            self._channels[number].handle(frame)
        except ChannelRefused as error:
            self._channels.pop(number).close()
            index = getattr(frame, "index", 0)
            self._send(number, Channel.Close(error.code, str(error)[:255], index >> 16, index & 0xFFFF))

    def _send(self, number: int, method: Frame, message: BrokerMessage | None = None) -> None:
        self._write(message_frames(number, method, message) if message else marshal(method, number))

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


class BrokerSocket:
    """Takes connections on a free port of this machine, for as long as it is open."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._clients: set[ClientConnection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The address of the broker."""
        return f"amqp://guest:guest@{HOST}:{self.port}"

    async def open(self) -> None:
        """Listen, again on the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: ClientConnection(self._broker, self._clients), HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and close all connections."""
        if self._server is not None:
            self._server.close()
        for client in [*self._clients]:
            client.end("CONNECTION_FORCED - userbus in memory is shut")
        await asyncio.sleep(0)
