"""Direct reply-to addresses: which of them can be trusted with the connection that all their replies share."""

import asyncio
import base64
import re
from collections import OrderedDict
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aio_pika
import structlog

from handlers.background import keep_running
from handlers.outlet import Outlet, Unsent

DIRECT = "amq.rabbitmq.reply-to."
PROVEN = 1000
WAITING = 1000
MOST_ID, MOST_SERIAL = (1 << 15).to_bytes(4), (1 << 13).to_bytes(4)  # beyond these Erlang 25 takes an id for forged
# an Erlang process id in the external term format: its node's name, two numbers, the node's creation
_PID = re.compile(
    rb"\x83(?:\x58(?:[\x64\x76]\x00(?P<long>.)|[\x73\x77](?P<short>.))(?P<rest>.+)"
    rb"|\x67(?:[\x64\x76]\x00(?P<old_long>.)|[\x73\x77](?P<old_short>.))(?P<old_rest>.+))",
    re.DOTALL,
)
log = structlog.get_logger()


def origin(address: str) -> bytes | None:
    """The broker node, in its present life, that handed an address out; None for what no broker hands out."""
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
    if len(numbers) != (12 if found["rest"] else 9) or numbers[:4] >= MOST_ID or numbers[4:8] >= MOST_SERIAL:
        return None
    return bytes(node + numbers[8:])


class Direct:
    """Sends replies to direct reply-to addresses.

    RabbitMQ 3.10 closes the connection on which a forged one is published. So the first address of a broker node is
    tried on a connection of its own, one at a time and with a confirm; once one came through, the others of that node
    share a connection that no forger can close.
    """

    def __init__(self, url: str) -> None:
        self._proven = Outlet(url, "direct replies", confirms=False)
        self._trial = Outlet(url, "direct replies on trial", confirms=True, mandatory=False)
        self._nodes: OrderedDict[bytes, None] = OrderedDict()
        self._waiting: asyncio.Queue[tuple[str, aio_pika.Message]] = asyncio.Queue(WAITING)
        self._exits = AsyncExitStack()

    async def send(self, address: str, message: aio_pika.Message) -> None:
        """Send a reply, or see to it that it is tried. Raises `Unsent`."""
        node = origin(address)
        if node is not None and node in self._nodes:
            self._nodes.move_to_end(node)
            return await self._proven.publish("", address, message)
        try:
            self._waiting.put_nowait((address, message))
        except asyncio.QueueFull as error:
            raise Unsent("too many replies to unknown direct reply-to addresses wait") from error

    async def _try(self) -> None:
        while True:
            address, message = await self._waiting.get()
            try:
                await self._trial.up(5.0)
                await self._trial.publish("", address, message)
                self._learn(origin(address))
            except Unsent as error:
                log.warning("reply lost", reply_to=address, reason=str(error))
            finally:
                self._waiting.task_done()

    def _learn(self, node: bytes | None) -> None:
        if node is not None:
            self._nodes[node] = None
            if len(self._nodes) > PROVEN:
                self._nodes.popitem(last=False)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._proven)
            await stack.enter_async_context(self._trial)
            keep_running(stack, self._try)
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
