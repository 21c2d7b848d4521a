"""How long operations of the database may take: no longer than the request that needs them, and never more than 5 s."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from time import monotonic

import pymongo

OPERATION_SECONDS = 5.0  # MongoDB ends transactions after as long
SHORTEST = 0.001  # seconds: the driver takes 0 for no limit
_end: ContextVar[float] = ContextVar("end_of_operations", default=math.inf)


@contextmanager
def limit_operations(end: float) -> Iterator[None]:
    """End the operations of the block at `end`, in seconds of the monotonic clock; infinity sets no limit.

    The server is told (`maxTimeMS`) and ends them itself. A limit around this one still holds. Tasks that the block
    starts inherit the limit; work that is done for others needs a context of its own.
    """
    end = min(end, _end.get())
    if math.isinf(end):
        yield
        return
    token = _end.set(end)
    try:
        with pymongo.timeout(max(end - monotonic(), SHORTEST)):
            yield
    finally:
        _end.reset(token)


def limit_operation() -> AbstractContextManager[None]:
    """End the operations of the block within 5 s: a connection whose other end is silent is given up, and another used.

    Without this an operation would wait on such a connection until the deadline of its request.
    """
    return limit_operations(monotonic() + OPERATION_SECONDS)


def end_of_operations() -> float:
    """The end of the innermost limit, infinity without one."""
    return _end.get()
