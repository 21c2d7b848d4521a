"""Replies to direct reply-to addresses: a forged one must not close the connection that the others share."""

import asyncio
import base64
import re
from collections import OrderedDict
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import structlog

from worker.bus.publications import RawMessage
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.tasks import keep_running

DIRECT = "amq.rabbitmq.reply-to."
MAX_NODES = 1000
MAX_WAITING = 1000
ID_LIMIT, SERIAL_LIMIT = (1 << 15).to_bytes(4), (1 << 13).to_bytes(4)  # Erlang 25 takes an id beyond these for forged
# an Erlang process id in the external term format: its node's name, two numbers, the node's creation
_PID = re.compile(
    rb"\x83(?:\x58(?:[\x64\x76]\x00(?P<long>.)|[\x73\x77](?P<short>.))(?P<rest>.+)"
    rb"|\x67(?:[\x64\x76]\x00(?P<old_long>.)|[\x73\x77](?P<old_short>.))(?P<old_rest>.+))",
    re.DOTALL,
)
log = structlog.get_logger()


def origin(address: str) -> bytes | None:
    """Return which broker node, since its last start, handed out an address; None if none can have."""
    encoded, _, key = address.removeprefix(DIRECT).partition(".")
    try:
        term = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    found = _PID.fullmatch(term)
    if not found or not key or "." in key:
        return None
    length = found["long"] or found["short"] or found["old_long"] or found["old_short"]
    rest = found["rest"] or found["old_rest"]
    node, numbers = rest[: length[0]], rest[length[0] :]
    if len(numbers) != (12 if found["rest"] else 9) or numbers[:4] >= ID_LIMIT or numbers[4:8] >= SERIAL_LIMIT:
        return None
    return bytes(node + numbers[8:])


class DirectReplies:
    """Sends replies to direct reply-to addresses.

    RabbitMQ 3.10 closes the connection on which a reply to a forged address is published. So the first address of a
    broker node is tried on a connection for trials, one at a time and with a confirm; once one is confirmed, all others
    of that node share a connection that no forger can close (decision 9). The broker does not tell whether the caller
    is still there: to it, no such address is a queue.
    """

    def __init__(self, url: str) -> None:
        self._proven = Publisher(url, "direct replies", confirms=False, mandatory=False)
        self._trial = Publisher(url, "direct reply trials", confirms=True, mandatory=False)
        self._nodes: OrderedDict[bytes, None] = OrderedDict()
        self._waiting: asyncio.Queue[tuple[str, RawMessage]] = asyncio.Queue(MAX_WAITING)
        self._exits = AsyncExitStack()

    async def send(self, address: str, message: RawMessage) -> None:
        """Send a reply, or queue it for trial. Raises `PublishFailed`."""
        node = origin(address)
        if node is not None and node in self._nodes:
            self._nodes.move_to_end(node)
            return await self._proven.publish("", address, message)
        try:
            self._waiting.put_nowait((address, message))
        except asyncio.QueueFull as error:
            raise PublishFailed("too many replies to unknown direct reply-to addresses wait") from error

    async def _run_trials(self) -> None:
        while True:
            address, message = await self._waiting.get()
            try:
                await self._trial.wait_connected(5.0)
                await self._trial.publish("", address, message)
                self._trust(origin(address))
            except PublishFailed as error:
                log.warning("reply lost", reply_to=address, reason=str(error))
            finally:
                self._waiting.task_done()

    def _trust(self, node: bytes | None) -> None:
        if node is not None:
            self._nodes[node] = None
            if len(self._nodes) > MAX_NODES:
                self._nodes.popitem(last=False)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._proven)
            await stack.enter_async_context(self._trial)
            keep_running(stack, self._run_trials)
            self._exits = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._waiting.join()
        except TimeoutError:
            log.warning("replies lost", count=self._waiting.qsize(), reason="unknown direct reply-to addresses")
        await self._exits.aclose()
