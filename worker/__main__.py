"""`userbus worker`: run one worker until SIGTERM or SIGINT; with `--check` only read the settings."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack, suppress
from typing import NoReturn

import uvloop
from aio_pika.exceptions import ChannelPreconditionFailed

from handlers.handler import Handlers
from handlers.registry import HANDLERS
from runtime.memory import configure_memory
from runtime.settings_file import EXPLAINED
from tracing.switch import TracingUnavailable, export_traces
from worker.app import run_worker
from worker.forced_exit import schedule_forced_exit
from worker.logs import configure_logging
from worker.settings import Settings, read_settings

YOUNG = 50_000  # two imports of a thousand users hold as many containers until their ends


async def serve(settings: Settings, handlers: Handlers) -> None:
    """Run a worker until a signal, which also ends the wait for RabbitMQ and MongoDB at the start."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not stopping.is_set():
            schedule_forced_exit(loop, settings.drain_seconds)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with AsyncExitStack() as stack:
        start = asyncio.create_task(stack.enter_async_context(run_worker(settings, handlers)))
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait((start, stopped), return_when=asyncio.FIRST_COMPLETED)
        if stopping.is_set():
            start.cancel()
        with suppress(asyncio.CancelledError):
            await start
            await stopped


def main(handlers: Handlers = HANDLERS) -> None:
    """Read the settings and serve.

    Report in one line, and exit with status 2, each wrong setting and queues that the broker has in another form.
    """
    settings = read_settings()
    if sys.argv[1:] == ["--check"]:
        return
    configure_logging(settings.log_level, settings.log_format)
    try:
        with export_traces("userbus-worker"):
            configure_memory(YOUNG)
            uvloop.run(serve(settings, handlers))
    except TracingUnavailable as error:
        _give_up(f"{error}; see {EXPLAINED}")
    except ChannelPreconditionFailed as error:
        _give_up(
            f"the broker has it in another form: {error}. USERBUS_QUEUE_LENGTH and USERBUS_EVENTS_DAYS are fixed when "
            "queues are made: set them as they were, or run `userbus topology plan`, which tells how to change them"
        )


def _give_up(why: str) -> NoReturn:
    print(f"worker: {why}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
