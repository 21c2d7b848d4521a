"""Lists of users in a large store: first, middle and last pages, and searches for a part of a text."""

import asyncio
import time
from typing import Any

from bench.rows import Figure
from bench.support import Bench
from models.store.client import Store
from models.store.postings import SEGMENT, SEGMENT_INDEX
from models.text_segments import USERS, TextSegments

LOCKED_SECONDS = 0.2  # until the worker may have finished a segment
REPEATED = 7
SIZE = 20
PASSPORT: list[dict[str, str]] = [
    {"field": "root", "direction": "desc"},
    {"field": "sort"},
    {"field": "created_at", "direction": "desc"},
    {"field": "id", "direction": "desc"},
]
NAMES: list[dict[str, str]] = [{"field": "display_name", "direction": "desc"}, {"field": "created_at"}]


async def measure_lists(bench: Bench) -> list[Figure]:
    """Ask for pages of all users, total included, and for users by a part of their username, once it is indexed."""
    await _build_index(bench.programs.up.mongo_url)
    first = await bench.bus.ask("user.search", {"size": 1})
    stored, word = first["total"], first["items"][0]["username"]
    last = -(-stored // SIZE)
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("first page in the order of passport", {"sort": PASSPORT}, "≤ 10"),
        ("last page", {"sort": PASSPORT, "page": last}, "≤ 10"),
        ("page in the middle", {"sort": PASSPORT, "page": last // 2}, ""),
        ("first page by name, then time", {"sort": NAMES}, "≤ 10"),
        ("last page by name, then time", {"sort": NAMES, "page": last}, "≤ 10"),
        *((f"part of a username, {size} characters", _filter_by_part(word[-size:]), "≤ 150") for size in (3, 5, 9)),
    ]
    return [
        Figure(f"user.search, {stored:,} users: {title}", "ms", await _measure(bench, query), target)
        for title, query, target in cases
    ]


async def _build_index(url: str) -> None:
    # beside the worker, which takes its time
    store = Store(url)
    users, work = store.collection("users"), TextSegments(store, rest=0)
    while await users.count_documents({SEGMENT: None}, hint=SEGMENT_INDEX, limit=USERS) == USERS:
        if not await work.run_once():
            await asyncio.sleep(LOCKED_SECONDS)
    await store.close()


def _filter_by_part(part: str) -> dict[str, Any]:
    return {"filter": [{"field": "username", "op": "like", "value": part}]}


async def _measure(bench: Bench, query: dict[str, Any]) -> list[float]:
    spent: list[float] = []
    for _ in range(REPEATED):
        began = time.perf_counter()
        await bench.bus.ask("user.search", query | {"size": SIZE})
        spent.append((time.perf_counter() - began) * 1_000)
    return spent
