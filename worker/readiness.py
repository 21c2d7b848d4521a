"""How a worker really is: its connections, its consumers, its database, what waits."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.catalog import DEAD, queue
from handlers.health import worker_name
from handlers.metrics import Metrics
from handlers.outlet import Outlet, Unsent
from handlers.replies import Replies
from models.document import now
from models.errors.base import StoreUnavailable
from models.outbox import Outbox
from models.store import Store

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Vitals:
    """Looks at everything that a worker needs; -1 stands for a figure that cannot be had now.

    `deaf` names the queues that it should consume and does not itself; others may consume them.
    """

    store: Store
    outlet: Outlet
    replies: Replies
    families: Sequence[str]
    metrics: Metrics
    deaf: Callable[[], Collection[str]]

    async def look(self) -> dict[str, Any]:
        """`parts` (each `ok` or what is wrong), `missing` (those that are not), and figures; also sets the metrics."""
        parts = {"broker": self._broker(), "database": self._database(), **await self._consumers()}
        missing = [name for name, state in parts.items() if state != "ok"]
        dead, (entries, lag) = await asyncio.gather(self._dead(), self._outbox())
        self.metrics.database_up.set(parts["database"] == "ok")
        self.metrics.broker_up.set(parts["broker"] == "ok")
        self.metrics.consumers_missing.set(sum(name.startswith("userbus.") for name in missing))
        self.metrics.dead_letters.set(dead)
        self.metrics.outbox.set(entries)
        self.metrics.relay_lag.set(lag)
        figures = {"dead_letters": dead, "outbox_entries": entries, "relay_lag_seconds": round(lag, 3)}
        status = "unready" if missing else "ready"
        return {"status": status, "worker": worker_name(), "missing": missing, "parts": parts, **figures}

    def _broker(self) -> str:
        lost = [] if self.outlet.connected else ["events"]
        return f"no connection for {', '.join(lost + self.replies.lost)}" if lost or self.replies.lost else "ok"

    def _database(self) -> str:
        return "ok" if self.store.watch.answer == "primary" else self.store.watch.answer

    async def _consumers(self) -> dict[str, str]:
        names = [queue(family) for family in self.families]
        lost = dict.fromkeys(self.deaf(), "this worker does not consume it")
        return dict(zip(names, await asyncio.gather(*map(self._consumer, names)), strict=True)) | lost

    async def _consumer(self, name: str) -> str:
        try:
            _, consumers = await self.outlet.depth(name)
        except Unsent:
            return "the broker does not tell"
        return "ok" if consumers else "nobody consumes it"

    async def _dead(self) -> int:
        try:
            return (await self.outlet.depth(DEAD))[0]
        except Unsent:
            return UNKNOWN

    async def _outbox(self) -> tuple[int, float]:
        if self.store.watch.answer != "primary":
            return UNKNOWN, UNKNOWN
        outbox = Outbox(self.store)
        try:
            async with asyncio.timeout(2.0):
                entries, oldest = await outbox.backlog(), await outbox.oldest()
        except (StoreUnavailable, TimeoutError):
            return UNKNOWN, UNKNOWN
        return entries, max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
