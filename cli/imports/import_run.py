"""Send the rows of a file as `user.import` commands, several at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from cli.imports.progress import LEFT_OUT, ImportProgress
from cli.imports.row import Fields
from cli.imports.rows import RowBatch, UserFile
from client.bus import Bus
from client.errors import Invalid
from contracts.audit import SearchAudit
from contracts.imports import Imported, ImportUsers

SECONDS = 60.0
PATIENCE = 300.0  # for one batch: a busy database ends its transaction again and again, and it is tried anew
Advance = Callable[[RowBatch], None]
Reply = Imported | Invalid
Answer = tuple[list[int], Reply, bool]  # the lines of the rows that were sent, the reply, whether it is an earlier one


class OnConflict(StrEnum):
    """What becomes of a row whose identifier, id or account is taken."""

    skip = "skip"
    fail = "fail"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import: its file, its progress, and how it is sent."""

    file: UserFile
    progress: ImportProgress
    on_conflict: OnConflict
    parallel: int

    async def send(self, bus: Bus, advance: Advance) -> None:
        """Send the batches that are not finished, `parallel` at a time; `advance` is called after each."""
        running: set[asyncio.Task[None]] = set()
        unasked = self.progress.may_repeat
        try:
            for batch in self._find_unfinished(advance):
                if unasked and batch.rows:  # where the first was not sent before, none was
                    self.progress.may_repeat = await self._ask_whether_sent(bus, batch.lines[0], batch.rows)
                    unasked = False
                running.add(asyncio.create_task(self._import(bus, batch, advance)))
                if len(running) >= self.parallel:
                    running = await _wait_for_one(running)
            while running:
                running = await _wait_for_one(running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _find_unfinished(self, advance: Advance) -> Iterator[RowBatch]:
        for batch in self.file.batches():
            if self.progress.is_finished(batch.first):
                advance(batch)
            else:
                yield batch

    async def _import(self, bus: Bus, batch: RowBatch, advance: Advance) -> None:
        failed = {line: _problem("row.unreadable", why) for line, why in batch.faults.items()}
        failed |= {line: _problem(LEFT_OUT, why) for line, why in batch.left_out.items()}
        created, repeated, skipped, without = 0, 0, 0, list[int]()
        for lines, reply, is_repeat in await self._send_rows(bus, batch.lines, batch.rows):
            if isinstance(reply, Invalid):
                failed |= dict.fromkeys(lines, _problem(reply.code, reply.message))
                continue
            failed |= {lines[row.index]: row.problem.model_dump(mode="json") for row in reply.failed}
            without += [lines[index] for index in reply.without_password]
            created, skipped = created + reply.created, skipped + reply.skipped
            repeated += reply.created if is_repeat else 0
        self.progress.record(batch.first, created, skipped, failed, without, repeated)
        advance(batch)

    async def _send_rows(self, bus: Bus, lines: list[int], rows: list[dict[str, Any]]) -> list[Answer]:
        """Send rows; if they are refused as a whole, send each half by itself, so that a faulty row fails alone."""
        if not rows:
            return []
        reply, is_repeat = await self._call(bus, lines[0], rows)
        if not isinstance(reply, Invalid) or len(rows) == 1:
            return [(lines, reply, is_repeat)]
        half = len(rows) // 2
        first = await self._send_rows(bus, lines[:half], rows[:half])
        return first + await self._send_rows(bus, lines[half:], rows[half:])

    async def _call(self, bus: Bus, first: int, rows: list[dict[str, Any]]) -> tuple[Reply, bool]:
        command = ImportUsers(users=rows, on_conflict=self.on_conflict.value)
        is_repeat = self.progress.may_repeat and await self._ask_whether_sent(bus, first, rows)
        message_id = self.progress.message_id(first, rows)
        try:
            return await bus.ask(command, message_id=message_id, timeout=PATIENCE, retry=True), is_repeat
        except Invalid as error:
            return error, is_repeat

    async def _ask_whether_sent(self, bus: Bus, first: int, rows: list[dict[str, Any]]) -> bool:
        """Whether these rows were imported before, so that the reply to come is that of then."""
        query = SearchAudit(message_id=self.progress.message_id(first, rows), size=1)
        return bool((await bus.ask(query, timeout=SECONDS, retry=True)).items)


def failed_rows(run: ImportRun) -> dict[int, Fields]:
    """Return the rows that failed, by their numbers, in our own form; the file is read once more."""
    again = UserFile(run.file.path, replace(run.file.shaping, lost=Counter()))
    return {
        number: row
        for batch in again.batches()
        for number, row in zip(batch.lines, batch.rows, strict=True)
        if number in run.progress.totals.failed
    }


async def _wait_for_one(running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Wait until one of the tasks ends; the others."""
    done, left = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        await task
    return left


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"kind": "invalid", "code": code, "message": message, "details": None}
