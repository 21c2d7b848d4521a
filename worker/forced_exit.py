"""The end of a worker that does not stop by itself."""

import os
import threading

import structlog

CLOSING_SECONDS = 10.0  # for what is closed after the draining: replies, connections, the relay's lease
EXIT_STATUS = 1
log = structlog.get_logger()


def schedule_forced_exit(drain_seconds: float) -> None:
    """End the process with status 1, `drain_seconds` and 10 s from now, if it is still there.

    A thread does it, since the event loop may be what stands still. What is in flight is delivered again.
    """
    timer = threading.Timer(drain_seconds + CLOSING_SECONDS, _exit_now)
    timer.daemon = True
    timer.start()


def _exit_now() -> None:
    log.error("worker does not stop: it is ended", status=EXIT_STATUS)
    os._exit(EXIT_STATUS)
