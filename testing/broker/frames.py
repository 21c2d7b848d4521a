"""AMQP 0-9-1 frames: out of a stream of bytes, and messages as frames."""

from collections.abc import Iterator

from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.frame import FrameTypes, marshal, unmarshal
from pamqp.header import ContentHeader, ProtocolHeader

from testing.broker.message import BrokerMessage

FRAME_MAX = 131_072  # bytes
OVERHEAD = 8  # of each frame
HEAD = 7  # bytes that say how long the frame is
PROTOCOL_HEADER = b"AMQP"


class FrameReader:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._data = b""

    def read(self, data: bytes) -> Iterator[tuple[int, FrameTypes]]:
        """Yield the channel's number and the frame of each that is complete. Raises pamqp's errors."""
        self._data += data
        while (length := self._frame_length()) and len(self._data) >= length:
            frame, self._data = self._data[:length], self._data[length:]
            _, channel, read = unmarshal(frame)
            yield channel, read

    def _frame_length(self) -> int:
        if self._data.startswith(PROTOCOL_HEADER):
            return len(ProtocolHeader().marshal())
        return int.from_bytes(self._data[3:HEAD], "big") + OVERHEAD if len(self._data) >= HEAD else 0


def message_frames(channel: int, method: Frame, message: BrokerMessage) -> bytes:
    """Return a method with a message's properties and body."""
    size = FRAME_MAX - OVERHEAD
    parts = [message.body[start : start + size] for start in range(0, len(message.body), size)]
    header = ContentHeader(body_size=len(message.body), properties=message.properties)
    frames: list[FrameTypes] = [method, header, *map(ContentBody, parts)]
    return b"".join(marshal(frame, channel) for frame in frames)
