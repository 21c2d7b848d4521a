"""The caller hears before its deadline, whatever holds the work up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from handlers.envelope import Envelope

MARGIN_SECONDS = 0.025  # less than the pipeline's: where that can end the work in time, its own answer comes first


class Promises:
    """Answers for work that outlasts its caller's deadline: a driver waits for a silent server, cancelled or not.

    The work goes on to its end; should it answer too, the caller has gone.
    """

    def __init__(self, answer: Callable[[Envelope], Awaitable[object]]) -> None:
        self._answer = answer
        self._answering: set[asyncio.Task[object]] = set()

    @contextmanager
    def kept(self, envelope: Envelope) -> Iterator[None]:
        """Answer the caller shortly before its deadline, unless the block ends before."""
        if envelope.deadline is None or envelope.reply_to is None:
            yield
            return
        left = envelope.deadline - time.time() - MARGIN_SECONDS
        timer = asyncio.get_running_loop().call_later(left, self._keep, envelope)
        try:
            yield
        finally:
            timer.cancel()

    def _keep(self, envelope: Envelope) -> None:
        task = asyncio.ensure_future(self._answer(envelope))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
