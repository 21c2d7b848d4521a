"""Readiness checks and gauges of one worker."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.catalog import DEAD, DEAD_UNDELIVERABLE
from handlers.health import worker_name
from models.errors.base import StoreUnavailable
from models.store.client import Store
from models.store.document import now
from models.store.outbox import Outbox
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.topology import QUERY_QUEUES, consumed_queues
from worker.delivery.replies import Replies
from worker.metrics import Metrics

UNKNOWN = -1
AWAY = "it is not there"
UNTOLD = "the broker does not tell"
LATE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Checks everything that a worker needs; -1 stands for a figure that is not known now.

    `questions` is a connection beside that of `publisher`. `unconsumed_queues` returns the queues that this worker
    itself should consume and does not; others may consume them.
    """

    store: Store
    publisher: Publisher
    questions: Publisher
    replies: Replies
    families: Sequence[str]
    metrics: Metrics
    unconsumed_queues: Callable[[], Collection[str]]

    async def check(self) -> dict[str, Any]:
        """Set the gauges; return `parts` (each `ok` or its fault), `missing` (the parts at fault) and figures."""
        consumers, dead, (entries, lag) = await asyncio.gather(
            self._check_consumers(), self._count_dead_letters(), self._measure_outbox()
        )
        own = {"broker": self._broker_state(), "database": self._database_state(), "events": _events_state(lag)}
        parts = own | consumers
        missing = [name for name, state in parts.items() if state != "ok"]
        self.metrics.database_up.set(parts["database"] == "ok")
        self.metrics.broker_up.set(parts["broker"] == "ok")
        is_told = parts["broker"] == "ok" and UNTOLD not in consumers.values()
        self.metrics.consumers_missing.set(sum(name in consumers for name in missing) if is_told else UNKNOWN)
        self.metrics.dead_letters.set(dead)
        self.metrics.outbox.set(entries)
        self.metrics.relay_lag.set(lag)
        figures = {"dead_letters": dead, "outbox_entries": entries, "relay_lag_seconds": round(lag, 3)}
        status = "unready" if missing else "ready"
        return {"status": status, "worker": worker_name(), "missing": missing, "parts": parts, **figures}

    def _broker_state(self) -> str:
        lost = ([] if self.publisher.is_connected else ["events"]) + self.replies.lost_connections
        if lost:
            return f"no connection for {', '.join(lost)}"
        return "confirms nothing" if self.publisher.is_refused else "ok"

    def _database_state(self) -> str:
        answer = self.store.availability.answer
        return "ok" if answer == "primary" else answer

    async def _check_consumers(self) -> dict[str, str]:
        names = consumed_queues(self.families)
        states = dict(zip(names, await asyncio.gather(*map(self._check_queue, names)), strict=True))
        # while a queue of queries is away with its node, they are answered from userbus.unknown
        away = {name for name, state in states.items() if state == AWAY}
        unconsumed = {*self.unconsumed_queues()} - away
        return states | dict.fromkeys(away, "ok") | dict.fromkeys(unconsumed, "this worker does not consume it")

    async def _check_queue(self, name: str) -> str:
        try:
            found = await self.questions.find_queue(name)
        except PublishFailed:
            return UNTOLD
        if found is None and name in QUERY_QUEUES:
            return AWAY
        return "ok" if found and found[1] else "nobody consumes it"

    async def _count_dead_letters(self) -> int:
        try:
            return sum([(await self.questions.inspect_queue(name))[0] for name in (DEAD, DEAD_UNDELIVERABLE)])
        except PublishFailed:
            return UNKNOWN

    async def _measure_outbox(self) -> tuple[int, float]:
        if self.store.availability.answer != "primary":
            return UNKNOWN, UNKNOWN
        outbox = Outbox(self.store)
        try:
            async with asyncio.timeout(2.0):
                entries, oldest = await outbox.count_pending(), await outbox.find_oldest()
        except (StoreUnavailable, TimeoutError):
            return UNKNOWN, UNKNOWN
        return entries, max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0


def _events_state(lag: float) -> str:
    return f"late by {lag:.0f} s" if lag > LATE_SECONDS else "ok"
