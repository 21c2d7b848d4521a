"""Group commit: commands that are ready at the same moment share one transaction."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextvars import Context
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from models.store.client import BsonDict, Store
from models.store.fresh_entries import FreshLanes
from models.store.scope import NotGroupable, PlannedWrite
from models.store.totals import TotalChanges, TotalRows, add_to_totals
from tracing.spans import begin_shared, current

MAX_COMMANDS = 64
MAX_COMMAND_LENGTH = 100_000  # characters of reply and events: 64 of these are far below MongoDB's limit of 48 MB
MAX_WRITES = 100


class GroupAborted(Exception):
    """The group was not committed, or its outcome is in doubt: each of its commands must run by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a command writes: documents, what they add to the totals, a journal entry, and the span that waits."""

    writes: Sequence[PlannedWrite]
    totals: TotalChanges
    entry: BsonDict
    done: "asyncio.Future[None]"
    span: object


class GroupCommitter:
    """Commit commands in groups: a command that is ready while a group is in flight joins the next one.

    A group is one transaction. If any of its writes fails or does not match its document, all of its commands get
    `GroupAborted` and run by themselves: no command fails because of another. Their journal entries are held as
    `fresh` ones. `sizes` counts the committed groups by their number of commands.
    """

    def __init__(self, store: Store, total_rows: TotalRows, fresh: FreshLanes) -> None:
        self._store = store
        self._total_rows = total_rows
        self._fresh = fresh
        self._ready: deque[Change] = deque()
        self._running: asyncio.Task[None] | None = None
        self.sizes: Counter[int] = Counter()

    @property
    def is_busy(self) -> bool:
        """Whether a group is in flight."""
        return self._running is not None

    async def commit(self, writes: Sequence[PlannedWrite], totals: TotalChanges, entries: Sequence[BsonDict]) -> None:
        """Commit the writes, what they add to the totals, and the journal entry to a majority of members.

        Raises `GroupAborted`, or `NotGroupable` if the command is too large for a group.
        """
        length = sum(len(event["body"]) for entry in entries for event in entry.get("events", ()))
        if len(entries) > 1 or length + len(entries[0]["reply"]) > MAX_COMMAND_LENGTH or len(writes) > MAX_WRITES:
            raise NotGroupable
        change = Change(writes, totals, entries[0], asyncio.get_running_loop().create_future(), current())
        self._ready.append(change)
        self._start()
        await change.done

    def _start(self) -> None:
        # one at a time: two groups would each be half as large, and a transaction costs more than its commands
        if self._ready and self._running is None:
            # a task and a context of its own: a deadline of one command must not end the commit of the others
            work = self._commit_group(self._take_group())
            self._running = asyncio.get_running_loop().create_task(work, context=Context())
            self._running.add_done_callback(self._start_next)

    def _start_next(self, _: "asyncio.Task[None]") -> None:
        self._running = None
        self._start()

    def _take_group(self) -> list[Change]:
        group: list[Change] = []
        left: deque[Change] = deque()
        taken: set[Any] = set()
        while self._ready and len(group) < MAX_COMMANDS:
            change = self._ready.popleft()
            keys = {*_exclusive_keys(change)}
            if keys & taken:
                left.append(change)
                continue
            group.append(change)
            taken |= keys
        self._ready.extendleft(reversed(left))
        return group

    async def _commit_group(self, group: list[Change]) -> None:
        try:
            with begin_shared("commit group", {"userbus.group.size": len(group)}, [change.span for change in group]):
                await self._write(group)
        except Exception as error:  # also what a document that cannot be encoded raises: each command runs by itself
            for change in group:
                _fail(change, error)
        else:
            self.sizes[len(group)] += 1
            for change in group:
                if not change.done.done():
                    change.done.set_result(None)

    async def _write(self, group: list[Change]) -> None:
        writes = [write for change in group for write in change.writes]
        totals = Counter[str]()
        for change in group:
            totals.update(change.totals)
        entries = [change.entry for change in group]
        with self._total_rows.reserve() as row, self._fresh.hold(entries):
            async with self._store.transaction() as session:
                for collection, part in groupby(sorted(writes, key=_collection), key=_collection):
                    await self._write_part(collection, [*part], session)
                await add_to_totals(self._store, row, totals, session)
                await self._store.collection("journal").insert_many(entries, session=session)
                await session.commit_transaction()

    async def _write_part(self, collection: str, writes: list[PlannedWrite], session: Any) -> None:
        rows = self._store.collection(collection)
        outcome = await rows.bulk_write([write.operation for write in writes], session=session)
        if outcome.matched_count + outcome.deleted_count != sum(write.matches for write in writes):
            raise GroupAborted


def _collection(write: PlannedWrite) -> str:
    return write.collection


def _exclusive_keys(change: Change) -> Iterator[Any]:
    yield change.entry["_id"]
    for write in change.writes:
        if write.exclusive:
            yield write.collection, write.id


def _fail(change: Change, error: Exception) -> None:
    if not change.done.done():
        aborted = GroupAborted()
        aborted.__cause__ = error
        change.done.set_exception(aborted)
