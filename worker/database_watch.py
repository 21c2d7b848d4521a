"""Checks the database all the time, so that an outage is known before a request runs into it."""

import asyncio

import structlog

from models.store.client import Store

UP_SECONDS = 0.2
DOWN_SECONDS = 0.1
log = structlog.get_logger()


async def watch_database(store: Store) -> None:
    """Check until cancelled; log when the database goes down and when it is back."""
    availability = store.availability
    while True:
        was_down = availability.is_down
        await store.check_availability()
        if availability.is_down != was_down:
            log.warning("database is down" if availability.is_down else "database is back", answer=availability.answer)
        await asyncio.sleep(UP_SECONDS if availability.answer == "primary" else DOWN_SECONDS)
