"""A job with a progress bar, which Ctrl-C stops."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dead_letters.job import Job, Result, carry_out
from dead_letters.queue import DeadLetterQueue


async def run_job(queue: DeadLetterQueue, job: Job, result: Result) -> bool:
    """Run a job, counting into `result`; True if Ctrl-C stopped it, which happens between two dead letters."""
    columns = (TextColumn(job.verb), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not sys.stderr.isatty()
    with _stop_on_interrupt(queue), Progress(*columns, console=Console(stderr=True), disable=hidden) as progress:
        bar = progress.add_task("", total=queue.total)
        await carry_out(queue, job, result, lambda: progress.advance(bar))
    return queue.is_stopped


@contextmanager
def _stop_on_interrupt(queue: DeadLetterQueue) -> Iterator[None]:
    # cancelling instead could remove a dead letter without recording it
    loop = asyncio.get_running_loop()

    def interrupt() -> None:  # a second Ctrl-C stops at once
        loop.remove_signal_handler(signal.SIGINT)
        queue.stop()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
