"""Lists of users in a large store: first, middle and last pages, and searches for a part of a text."""

import time
from typing import Any

from bench.rows import Figure
from bench.support import Bench

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
    """Ask for pages of all users, total included, and for users by a part of their username."""
    first = await bench.bus.ask("user.search", {"size": 1})
    stored, word = first["total"], first["items"][0]["username"]
    last = -(-stored // SIZE)
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("first page in the order of passport", {"sort": PASSPORT}, "≤ 10"),
        ("last page", {"sort": PASSPORT, "page": last}, "≤ 10"),
        ("page in the middle", {"sort": PASSPORT, "page": last // 2}, ""),
        ("first page by name, then time", {"sort": NAMES}, "≤ 10"),
        ("last page by name, then time", {"sort": NAMES, "page": last}, "≤ 10"),
        *((f"part of a username, {size} characters", _contained(word[-size:]), "≤ 150") for size in (3, 5, 9)),
    ]
    return [
        Figure(f"user.search, {stored:,} users: {title}", "ms", await _measure(bench, query), target)
        for title, query, target in cases
    ]


def _contained(part: str) -> dict[str, Any]:
    return {"filter": [{"field": "username", "op": "like", "value": part}]}


async def _measure(bench: Bench, query: dict[str, Any]) -> list[float]:
    spent: list[float] = []
    for _ in range(REPEATED):
        began = time.perf_counter()
        await bench.bus.ask("user.search", query | {"size": SIZE})
        spent.append((time.perf_counter() - began) * 1_000)
    return spent
