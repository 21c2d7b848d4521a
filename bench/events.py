"""How soon after the reply to a command its event arrives, at half of the throughput that the worker can do."""

import asyncio
import json
import time

from aio_pika.abc import AbstractIncomingMessage

from bench.load import quantile, repeat_at_rate
from bench.requests import new_user
from bench.rows import Figure
from bench.support import Bench
from contracts.catalog import EVENTS_EXCHANGE

SECONDS = 10.0


async def measure_events(bench: Bench, rate: float) -> list[Figure]:
    """Create users at a fixed rate; the delays of their events, of which none may be missing after ten seconds."""
    arrived: dict[int, float] = {}
    queue = await bench.bus.channel.declare_queue(exclusive=True)
    await queue.bind(EVENTS_EXCHANGE, "user.created")

    async def receive(message: AbstractIncomingMessage) -> None:
        arrived[json.loads(message.body)["data"]["id"]] = time.perf_counter()

    tag = await queue.consume(receive, no_ack=True)
    rounds = [await _measure_delays(bench, rate, arrived) for _ in range(bench.plan.rounds)]
    await queue.cancel(tag)
    await queue.delete()
    return [
        Figure(f"event after reply at {rate:.0f} user.create a second, p50", "ms", [quantile(d, 0.5) for d in rounds]),
        Figure(
            f"event after reply at {rate:.0f} user.create a second, p99",
            "ms",
            [quantile(d, 0.99) for d in rounds],
            "≤ 10",
        ),
    ]


async def _measure_delays(bench: Bench, rate: float, arrived: dict[int, float]) -> list[float]:
    replied: dict[int, float] = {}

    async def create_user() -> None:
        user = await bench.bus.ask("user.create", new_user())
        replied[user["id"]] = time.perf_counter()

    await repeat_at_rate(create_user, rate, bench.plan.paced_seconds)
    async with asyncio.timeout(SECONDS):
        while replied.keys() - arrived.keys():  # noqa: ASYNC110  # a benchmark's own dictionary
            await asyncio.sleep(0.01)
    return [(arrived[id] - moment) * 1e3 for id, moment in replied.items()]
