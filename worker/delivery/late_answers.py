"""Answer the caller before its deadline, whatever holds up the work."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from worker.delivery.envelope import Envelope

MARGIN_SECONDS = 0.025  # less than the pipeline's, whose own answer comes first wherever it can end the work in time


class LateAnswers:
    """Answers for work that outlasts its caller's deadline, as when a driver waits for a silent server.

    The work goes on to its end; if it then answers too, the caller has gone.
    """

    def __init__(self, answer: Callable[[Envelope], Awaitable[object]]) -> None:
        self._answer = answer
        self._answering: set[asyncio.Task[object]] = set()

    @contextmanager
    def guard(self, envelope: Envelope) -> Iterator[None]:
        """Answer the caller shortly before its deadline, unless the block ends first."""
        if envelope.deadline is None or envelope.reply_to is None:
            yield
            return
        left = envelope.deadline - time.time() - MARGIN_SECONDS
        timer = asyncio.get_running_loop().call_later(left, self._start_answer, envelope)
        try:
            yield
        finally:
            timer.cancel()

    def _start_answer(self, envelope: Envelope) -> None:
        task = asyncio.ensure_future(self._answer(envelope))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
