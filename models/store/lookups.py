"""Look-ups by key: one query answers those that wait at the same time."""

import asyncio
from collections.abc import Callable, Hashable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from models.store.time_limit import end_of_operations, limit_operation, limit_operations
from tracing.spans import begin_shared, current

KEYS = ("_id", "logins", "hashes")
FoundRow = dict[str, Any]


@dataclass(slots=True)
class Waiting:
    """Callers that wait for the next query of a kind, by what they look up; when the last one goes; their spans."""

    answers: dict[Hashable, "list[asyncio.Future[FoundRow | None]]"] = field(default_factory=dict)
    end: float = 0.0
    spans: list[object] = field(default_factory=list)


class Lookups:
    """Find single documents; look-ups of one kind (collection, key and conditions) share queries.

    A kind has one query under way at a time. It answers the look-ups of the turn of the loop in which the first one
    came; those that come while it is under way share the next one. So a query always begins after its look-ups, and a
    look-up that finds none under way does not wait. Queries run in a task of their own, so that a caller that is
    cancelled does not cancel the query of the others, and have the time of the most patient of their callers.
    """

    def __init__(self, collection: Callable[[str], Any]) -> None:
        self._collection = collection
        self._waiting: dict[Hashable, Waiting] = {}
        self._serving: dict[Hashable, asyncio.Task[None]] = {}

    async def find_one(self, collection: str, where: FoundRow) -> FoundRow | None:
        """Return the document of the collection that meets `where`, or None. Raises the driver's errors."""
        key = next((name for name in KEYS if isinstance(where.get(name), (int, str))), None)
        if key is None:
            with limit_operation():
                row: FoundRow | None = await self._collection(collection).find_one(where)
            return row
        rest = {name: value for name, value in where.items() if name != key}
        kind = (collection, key, repr(rest))
        answer: asyncio.Future[FoundRow | None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(kind, Waiting())
        waiting.answers.setdefault(where[key], []).append(answer)
        waiting.end = max(waiting.end, end_of_operations())
        waiting.spans.append(current())
        if kind not in self._serving:
            work = self._serve(kind, collection, key, rest)
            self._serving[kind] = asyncio.get_running_loop().create_task(work, context=Context())
        return await answer

    async def _serve(self, kind: Hashable, collection: str, key: str, rest: FoundRow) -> None:
        try:
            while waiting := self._waiting.pop(kind, None):
                await self._answer(waiting, collection, key, rest)
        finally:
            del self._serving[kind]

    async def _answer(self, waiting: Waiting, collection: str, key: str, rest: FoundRow) -> None:
        try:
            shared = begin_shared("look up", {"userbus.keys": len(waiting.answers)}, waiting.spans)
            with shared, limit_operations(waiting.end), limit_operation():
                found = await self._find(collection, key, [*waiting.answers], rest)
        except Exception as error:  # any error is passed on to the callers
            _settle(waiting, error)
        else:
            _settle(waiting, found)

    async def _find(self, collection: str, key: str, keys: list[Hashable], rest: FoundRow) -> dict[Hashable, FoundRow]:
        rows = self._collection(collection)
        if len(keys) == 1:
            row = await rows.find_one({key: keys[0], **rest})
            return {} if row is None else {keys[0]: row}
        found = await rows.find({key: {"$in": keys}, **rest}).to_list(None)
        return {value: row for row in found for value in (row[key] if isinstance(row[key], list) else [row[key]])}


def _settle(waiting: Waiting, outcome: dict[Hashable, FoundRow] | Exception) -> None:
    for key, futures in waiting.answers.items():
        for future in futures:
            if future.done():  # its caller has been cancelled
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome.get(key))
