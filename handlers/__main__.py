"""`python -m handlers`: run one worker until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack, suppress

import uvloop
from pydantic import ValidationError

from handlers.app import working
from handlers.logs import configure
from handlers.settings import Settings


async def serve(settings: Settings) -> None:
    """Work until told to stop, which also ends the waiting for RabbitMQ and MongoDB at the start."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with AsyncExitStack() as stack:
        started = asyncio.create_task(stack.enter_async_context(working(settings)))
        stop = asyncio.create_task(told.wait())
        await asyncio.wait((started, stop), return_when=asyncio.FIRST_COMPLETED)
        if told.is_set():
            started.cancel()
        with suppress(asyncio.CancelledError):
            await started
            await stop


def main() -> None:
    """Read the settings and serve; wrong settings are told in one line each."""
    try:
        settings = Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
    except ValidationError as error:
        for fault in error.errors():
            name = "USERBUS_" + "_".join(map(str, fault["loc"])).upper()
            print(f"worker: {name}: {fault['msg']}; see .env.example", file=sys.stderr)
        sys.exit(2)
    configure(settings.log_format)
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
