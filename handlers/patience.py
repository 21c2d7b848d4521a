"""Starting before the servers are there: try again with growing pauses, and say what is waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import chain, repeat
from typing import TypeVar

import structlog
from aiormq.exceptions import AMQPError, ChannelInvalidStateError, ChannelPreconditionFailed

from handlers.background import told_to_stop
from handlers.outlet import Unsent
from models.errors.base import StoreUnavailable
from models.store import reached

# aiormq ends a connection that is reset during the handshake with StopAsyncIteration, or as if it were cancelled
TROUBLE = (AMQPError, ConnectionError, StopAsyncIteration, TimeoutError, StoreUnavailable, Unsent)
PAUSES = (0.2, 0.5, 1.0, 2.0)
LAST_PAUSE = 5.0
T = TypeVar("T")
log = structlog.get_logger()


async def patiently(start: Callable[[AsyncExitStack], Awaitable[T]]) -> tuple[T, AsyncExitStack]:
    """What `start` makes and the stack that ends it, once RabbitMQ and MongoDB let it.

    Whatever a failed attempt had opened is closed before the next. A queue that exists with other arguments is no
    matter of waiting and raises `ChannelPreconditionFailed`.
    """
    for pause in chain(PAUSES, repeat(LAST_PAUSE)):
        try:
            async with AsyncExitStack() as stack:
                with reached():
                    made = await start(stack)
                return made, stack.pop_all()
        except ChannelPreconditionFailed:
            raise
        except (*TROUBLE, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and told_to_stop():
                raise
            log.warning("worker waits for its servers", reason=_short(error), seconds=pause)
        await asyncio.sleep(pause)
    raise AssertionError("the pauses never end")


async def let_go(end: Callable[[], Awaitable[object]]) -> None:
    """End something; a server that is not there any more is no reason to leave in disorder."""
    try:
        with reached():
            await end()
    except (*TROUBLE, ChannelInvalidStateError) as error:
        log.info("left without its server", reason=_short(error))


def _short(error: BaseException) -> str:
    return (str(error) or repr(error))[:200]
