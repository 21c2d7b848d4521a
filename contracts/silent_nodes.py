"""A node that stands still, or is gone without a word: its connections stay open, and nothing comes over them."""

import asyncio
from typing import Any

ASK_SECONDS = 1.0
UNHEARD = 2


async def wait_silent(connection: Any) -> None:
    """Ask the broker something each second; return once nothing has come over the connection of aiormq for 2 s.

    Whatever comes counts, since an answer may wait behind much else, and a second in which this process itself stood
    still counts as one. A connection that the broker has blocked, as where its memory is full, is not silent.
    Heartbeats would tell after 48 s. aiormq has no public names for what it has heard: the tests watch its own.
    """
    channel = await connection.channel(publisher_confirms=False)
    question = asyncio.ensure_future(asyncio.sleep(0))
    unheard = 0
    try:
        while unheard < UNHEARD:
            heard = _last_heard(connection)
            if question.done():
                question.exception()
                question = asyncio.ensure_future(channel.basic_qos())
            await asyncio.sleep(ASK_SECONDS)
            unheard = unheard + 1 if _last_heard(connection) == heard and not _is_blocked(connection) else 0
    finally:
        question.cancel()


def drop_at_close(connection: Any) -> None:
    """Have a connection of aiormq closed without waiting for a farewell from its other end, which takes seconds."""
    connection._Connection__heartbeat_grace_timeout = 0  # the time after which it takes the other end for stuck


def _last_heard(connection: Any) -> float:
    heard: float = connection._Connection__last_frame_time
    return heard


def _is_blocked(connection: Any) -> bool:
    return not connection._Connection__connection_unblocked.is_set()
