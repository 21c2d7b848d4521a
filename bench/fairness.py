"""Fairness: how much later small commands are answered, thus committed, while a large one runs."""

import asyncio
import secrets
from collections.abc import Iterator

from bench.imports import ROWS, import_users
from bench.load import Operation, quantile, repeat_at_rate
from bench.requests import create_operation, require
from bench.rows import Figure
from bench.support import Bench

RATE = 50.0  # small commands a second, far from what a worker can do
ROLES = 40  # of a round, deleted one after the other; more than there is time for


async def measure_fairness(bench: Bench) -> list[Figure]:
    """The p99 of user.create at a fixed rate: alone, beside imports, and beside deletes with many links."""
    alone, importing, deleting = list[float](), list[float](), list[float]()
    create = create_operation(bench.bus.ask)
    for _ in range(bench.plan.rounds):
        roles = iter(await _link_roles(bench))
        quiet = quantile(await repeat_at_rate(create, RATE, bench.plan.paced_seconds), 0.99) * 1e3
        alone.append(quiet)
        importing.append(await _p99_beside(bench, create, lambda: import_users(bench)) - quiet)
        deleting.append(await _p99_beside(bench, create, _delete_operation(bench, roles)) - quiet)
    return [
        Figure(f"user.create at {RATE:.0f}/s alone, p99", "ms", alone),
        Figure(f"beside user.import of {ROWS:,} users: p99 later by", "ms", importing, "≤ 20"),
        Figure(f"beside role.delete with {bench.plan.linked:,} users: p99 later by", "ms", deleting, "≤ 20"),
    ]


async def _p99_beside(bench: Bench, create: Operation, large: Operation) -> float:
    """The p99 of small commands in ms while large ones run, one after the other."""
    ended = asyncio.Event()

    async def keep_busy() -> None:
        while not ended.is_set():
            await large()

    async with asyncio.TaskGroup() as group:
        group.create_task(keep_busy())
        latencies = await repeat_at_rate(create, RATE, bench.plan.paced_seconds)
        ended.set()
    return quantile(latencies, 0.99) * 1e3


async def _link_roles(bench: Bench) -> list[int]:
    """Create roles that many users have."""
    roles = [(await bench.bus.ask("role.create", {"name": secrets.token_hex(8)}))["id"] for _ in range(ROLES)]
    for start in range(0, bench.plan.linked, ROWS):
        await import_users(bench, min(ROWS, bench.plan.linked - start), {"role_ids": roles})
    return roles


def _delete_operation(bench: Bench, roles: Iterator[int]) -> Operation:
    async def delete_role() -> None:
        deleted = await bench.bus.ask("role.delete", {"id": next(roles)})
        require(deleted == {"deleted": 1}, deleted)

    return delete_role
