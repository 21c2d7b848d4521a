"""The audit log of dead letters as runs: who handled which letters, how, and why."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Run:
    """One run: its time (ISO 8601), conditions, the message ids that it handled, the fields that it changed."""

    at: str
    by: str
    verb: str
    chosen: str
    why: str
    ids: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


async def collect_runs(entries: AsyncIterator[Mapping[str, Any]]) -> list[Run]:
    """Put the entries of the log, oldest first, together to runs, the newest first."""
    runs: list[Run] = []
    latest: dict[tuple[str, str], Run] = {}
    async for entry in entries:
        key = (str(entry.get("by", "")), str(entry.get("verb", "")))
        if "began" in entry or key not in latest:
            latest[key] = Run(str(entry.get("at", "")), *key, _describe(entry), str(entry.get("why", "")))
            runs.append(latest[key])
        latest[key].ids += map(str, entry.get("ids", []))
        latest[key].changed += map(str, entry.get("changed", []))
    return runs[::-1]


def _describe(entry: Mapping[str, Any]) -> str:
    conditions = dict(entry.get("began", {}))
    ids = conditions.pop("ids", [])
    told = [f"{name} {text}" for name, text in conditions.items() if text not in ("", "*")]
    return "; ".join(([f"{len(ids)} by message_id"] if ids else []) + told) or "all"
