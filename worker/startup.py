"""Starting and ending against servers that may not be there: retry with growing pauses, close without complaint."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import chain, repeat
from typing import TypeVar

import structlog
from aiormq.exceptions import AMQPError, ChannelInvalidStateError, ChannelPreconditionFailed

from contracts.tls import advise
from models.errors.base import StoreUnavailable
from models.store.driver_errors import translate_unreachable
from worker.bus.publisher import PublishFailed
from worker.bus.tasks import Work, run_in_task

# aiormq ends a connection that is reset during its handshake with StopAsyncIteration, or as if cancelled
SERVER_ERRORS = (AMQPError, ConnectionError, StopAsyncIteration, TimeoutError, StoreUnavailable, PublishFailed)
PAUSES = (0.2, 0.5, 1.0, 2.0)
LAST_PAUSE = 5.0
LONGEST_REASON = 200
T = TypeVar("T")
Start = Callable[[AsyncExitStack], Work[T]]
log = structlog.get_logger()


async def start_with_retry(start: Start[T]) -> tuple[T, AsyncExitStack]:
    """Call `start` until RabbitMQ and MongoDB are there; return its result and the stack that ends it.

    What a failed attempt has opened is closed before the next one. A queue that exists with other arguments does not
    change by waiting and raises `ChannelPreconditionFailed`.
    """
    pauses = chain(PAUSES, repeat(LAST_PAUSE))
    while True:
        try:
            return await _start_once(start)
        except ChannelPreconditionFailed:
            raise
        except SERVER_ERRORS as error:
            pause = next(pauses)
            log.warning("worker waits for its servers", reason=_summary(error), seconds=pause)
        await asyncio.sleep(pause)


async def _start_once(start: Start[T]) -> tuple[T, AsyncExitStack]:
    stack = AsyncExitStack()
    try:
        with translate_unreachable():
            return await run_in_task(start(stack)), stack
    except BaseException:
        await run_in_task(stack.aclose())
        raise


async def close_quietly(close: Callable[[], Awaitable[object]]) -> None:
    """Close something; that its server is gone does not keep the others from closing in order."""
    try:
        with translate_unreachable():
            await close()
    except (*SERVER_ERRORS, ChannelInvalidStateError) as error:
        log.info("server gone at shutdown", reason=_summary(error))


def _summary(error: BaseException) -> str:
    text = str(error) or repr(error)
    advice = advise(text) if isinstance(error, StoreUnavailable) else None
    return _shorten(text) + (f": {advice}" if advice else "")


def _shorten(text: str) -> str:
    if len(text) <= LONGEST_REASON:
        return text
    words, _, _ = text[:LONGEST_REASON].rpartition(" ")
    return f"{words or text[:LONGEST_REASON]} …"
