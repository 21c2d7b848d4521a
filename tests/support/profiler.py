"""What MongoDB itself tells of the operations that it was asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

PROFILE = "system.profile"
ROOM = 64 * 1024 * 1024  # bytes: in MongoDB's own one MiB the audit trail's sealing alone may push out what came before


@asynccontextmanager
async def profiled(database: Any, where: dict[str, Any] | None = None) -> AsyncIterator[list[dict[str, Any]]]:
    """Operations of the block that match `where`, as documents of MongoDB's profiler; the list is full at its end."""
    found: list[dict[str, Any]] = []
    await database.create_collection(PROFILE, capped=True, size=ROOM)
    await database.command("profile", 2, filter=where or {})
    try:
        yield found
        await database.command("profile", 0, filter="unset")
        found += await database[PROFILE].find(where or {}).to_list(None)
    finally:
        await database.command("profile", 0, filter="unset")
        await database[PROFILE].drop()
