"""user.import: users a second into a small and a large store, and the worker's memory at its peak and after a rest."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient

from bench.load import repeat_times
from bench.processes import peak_resident_mib, resident_mib
from bench.requests import require
from bench.rows import Figure
from bench.support import Bench
from models.store.client import BsonDict
from models.store.totals import BASE
from models.users import User

ROWS = 1_000
AT_ONCE = 4
LARGE_TEXT = 220  # four of them bring a command of 1,000 rows close to 1 MiB
FIRST_ID = 1_000_000_000  # of the users written straight to the database, far above those of the counter


async def import_users(bench: Bench, rows: int = ROWS, fields: Mapping[str, Any] | None = None) -> None:
    """Send one command, whose users all have these fields besides their own."""
    users = [_user(fields or {}) for _ in range(rows)]
    imported = await bench.bus.ask("user.import", {"users": users})
    require(imported["created"] == rows, imported["failed"][:1])


async def measure_import(bench: Bench) -> list[Figure]:
    """Import into a small store, then large bodies; fill the store while the worker rests, and import once more."""
    plan, worker = bench.plan, bench.programs.pids["worker"]
    small = await _measure_rates(bench)
    fields = dict.fromkeys(("name", "position", "company", "gender"), "x" * LARGE_TEXT)

    async def import_large() -> None:
        await import_users(bench, fields=fields)

    await repeat_times(import_large, plan.large_bodies, plan.large_bodies)
    peak = peak_resident_mib(worker)
    filling = asyncio.create_task(asyncio.to_thread(_store_users, bench.programs.up.mongo_url, plan.stored))
    await asyncio.sleep(plan.rest_seconds)
    rested, stored = resident_mib(worker), await filling
    large = await _measure_rates(bench)
    ratio = statistics.median(large) / statistics.median(small)
    return [
        Figure(f"user.import, {plan.imported:,} users in {plan.rounds} parts", "users/s", small, "≥ 5,000"),
        Figure(f"the same in a store of {stored:,} users", "users/s", large, "≥ 5,000"),
        Figure("user.import, large store ÷ small store", "", [ratio], "flat"),
        Figure(f"worker's peak, with {plan.large_bodies} bodies of almost 1 MiB at once", "MiB", [peak]),
        Figure(f"worker {plan.rest_seconds:.0f} s after the peak", "MiB", [rested], "≤ 130"),
    ]


async def _measure_rates(bench: Bench) -> list[float]:
    commands = max(1, bench.plan.imported // ROWS // bench.plan.rounds)
    return [await _import_part(bench, commands) for _ in range(bench.plan.rounds)]


async def _import_part(bench: Bench, commands: int) -> float:
    began = time.perf_counter()
    await repeat_times(lambda: import_users(bench), AT_ONCE, commands)
    return commands * ROWS / (time.perf_counter() - began)


def _store_users(mongo_url: str, count: int) -> int:
    """Insert so many users without the bus; the number of all users then."""
    with MongoClient[BsonDict](mongo_url) as client:
        database = client.get_default_database()
        rows = database["users"]
        for start in range(0, count, ROWS):
            ids = range(FIRST_ID + start, FIRST_ID + min(start + ROWS, count))
            rows.insert_many([User(id=id, **_user({})).to_row() for id in ids], ordered=False)
        database["totals"].update_one({"_id": BASE}, {"$inc": {"live": count}})
        return rows.estimated_document_count()


def _user(fields: Mapping[str, Any]) -> dict[str, Any]:
    word = secrets.token_hex(8)
    return {"username": f"u{word}", "email": f"{word}@example.com", "name": f"User {word}", **fields}
