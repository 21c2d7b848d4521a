"""What waits on the retry ladder, put there as a worker does."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aio_pika

from contracts.topology.retry_steps import RETRY_STEPS, retry_queue
from tests.support.client import Client

FIRST = "2026-01-02T03:04:05.678000+00:00"


async def add_retries(
    client: Client, count: int, step: str = "10min", name: str = "user.create", **headers: Any
) -> list[str]:
    """Publish copies to a wait queue; their ids, in order. Those of the ten minutes' step stay for a whole test."""
    ids = [uuid4().hex for _ in range(count)]
    about = {"x-attempt": 4, "x-first": FIRST, "x-cause": "store.unavailable", "x-since": since(), **headers}
    exchange = await client.channel.get_exchange(retry_queue(step), ensure=False)
    for each in ids:
        body = json.dumps({"username": f"u_{each[:12]}"}).encode()
        told = {key: value for key, value in about.items() if value is not None}
        await exchange.publish(aio_pika.Message(body, message_id=each, app_id="billing", headers=told), name)
    return ids


def since(seconds: float = 0) -> str:
    """So many seconds ago."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


async def purge_retries(client: Client) -> None:
    """Remove all that waits."""
    queues = [await client.channel.get_queue(retry_queue(step), ensure=False) for step in RETRY_STEPS]
    await asyncio.gather(*(queue.purge() for queue in queues))
