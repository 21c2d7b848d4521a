"""Run the notifier: `python -m notify`; the README lists its settings."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import httpx
from aio_pika.abc import AbstractQueueIterator
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from .bus import connect
from .notifier import TEXTS, Notifier
from .store import Store
from .webhooks import MESSAGES, Webhook

LOST = (AMQPError, ChannelInvalidStateError, OSError)  # what a broker that is away makes of any call
NEEDED = """Set USERBUS_AMQP_URL, NOTIFY_GROUP_ID (a number) and at least one of NOTIFY_LARK_URL, NOTIFY_DINGTALK_URL
and NOTIFY_SLACK_URL."""

log = logging.getLogger("notify")


def read_webhooks() -> dict[str, Webhook]:
    """The webhooks that are set, by integration."""
    urls = {name: os.environ.get(f"NOTIFY_{name.upper()}_URL", "") for name in MESSAGES}
    secrets = {name: os.environ.get(f"NOTIFY_{name.upper()}_SECRET", "") for name in MESSAGES}
    return {name: Webhook(name, url, secrets[name]) for name, url in urls.items() if url}


async def serve(notifier: Notifier, stopping: asyncio.Event) -> None:
    """Take events until we are told to stop, or the connection is lost."""
    wait = float(os.environ.get("NOTIFY_ANSWER_SECONDS", "10"))
    async with connect(os.environ["USERBUS_AMQP_URL"], wait) as bus:
        queue = await bus.declare_events(TEXTS)
        events = queue.iterator()
        closing = asyncio.create_task(close_when(stopping, events))
        log.info("waiting for events in %s", queue.name)
        try:
            async for message in events:
                await notifier.take(bus, message)
        finally:
            closing.cancel()


async def close_when(stopping: asyncio.Event, events: AbstractQueueIterator) -> None:
    """Take no further events once we are told to stop; the one in hand is finished."""
    await stopping.wait()
    await events.close()


async def main() -> None:
    """Serve until SIGTERM or Ctrl-C, over as many connections as it takes."""
    webhooks, group_id = read_webhooks(), os.environ.get("NOTIFY_GROUP_ID", "")
    if not webhooks or not os.environ.get("USERBUS_AMQP_URL") or not group_id.isdecimal():
        sys.exit(NEEDED)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    store = Store(Path(os.environ.get("NOTIFY_STORE", "notify.sqlite")))
    async with httpx.AsyncClient(timeout=10) as http:
        notifier = Notifier(store, http, int(group_id), webhooks)
        while not stopping.is_set():
            try:
                await serve(notifier, stopping)
            except LOST as error:
                log.warning("the connection to RabbitMQ is lost: %r; connecting again", error)
                await asyncio.sleep(2)
    store.close()


logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write the URLs, which are secrets
asyncio.run(main())
