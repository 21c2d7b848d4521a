"""Looking at the database all the time, so that an outage is known before a request runs into it."""

import asyncio

import structlog

from models.store import Store

UP_SECONDS = 0.2
DOWN_SECONDS = 0.1
log = structlog.get_logger()


async def watching(store: Store) -> None:
    """Look until cancelled; tell in the log when the database goes down and comes back."""
    while True:
        before = store.watch.down
        await store.look()
        if store.watch.down != before:
            log.warning("database is down" if store.watch.down else "database is back", answer=store.watch.answer)
        await asyncio.sleep(UP_SECONDS if store.watch.answer == "primary" else DOWN_SECONDS)
