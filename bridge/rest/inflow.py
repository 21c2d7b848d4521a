"""What has arrived over a connection and is not parsed yet: who sends much at once must not hold up the others."""

from asyncio import Handle, Transport, get_running_loop
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl

AT_ONCE = 16_384  # bytes that are parsed before others have their turn; a chunk or a request may be of a few bytes
PART = 1024  # of them before it is asked whether there is a request that waits for the one before it


class Inflow(FlowControl):
    """The flow of a connection, whose bytes go to `parse` in parts.

    Nothing is parsed while there `is_waiting` a request behind the one that is served, nor while uvicorn holds a body
    that the application has not taken. Nothing is read while something is left to parse.
    """

    def __init__(self, transport: Transport, parse: Callable[[bytes], None], is_waiting: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._parse = parse
        self._is_waiting = is_waiting
        self._is_held = False  # by uvicorn
        self._left = b""
        self._turn: Handle | None = None

    def receive(self, data: bytes) -> None:
        """Parse what has arrived, or the beginning of it."""
        if not self._left and len(data) <= PART and self._may_parse():
            return self._parse(data)
        self._left += data
        if self._turn is None:
            self._parse_left()

    def pause_reading(self) -> None:
        """Hold what comes until `resume_reading`."""
        self._is_held = True
        super().pause_reading()

    def resume_reading(self) -> None:
        """Go on with what is left, and then with what comes."""
        self._is_held = False
        if not self._left:
            super().resume_reading()
        elif self._turn is None:
            self._turn = get_running_loop().call_soon(self._parse_left)

    def close(self) -> None:
        """Forget what is left."""
        self._left = b""
        if self._turn is not None:
            self._turn.cancel()

    def _may_parse(self) -> bool:
        return not self._is_held and not self._is_waiting()

    def _parse_left(self) -> None:
        self._turn, data, begin = None, self._left, 0
        while begin < min(len(data), AT_ONCE) and self._may_parse():
            self._parse(data[begin : begin + PART])
            begin += PART
        self._left = data[begin:]
        if self._left:
            super().pause_reading()
        if self._may_parse():
            self.resume_reading()
