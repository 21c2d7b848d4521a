"""Redriving or dropping the dead letters of a selection: one pass over the queue, at a rate, with the audit log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from aio_pika.abc import AbstractIncomingMessage

from dead_letters.audit_log import AuditLog
from dead_letters.candidates import find_candidates
from dead_letters.dead_letter import DeadLetter, Selection, dead_letter
from dead_letters.queue import DeadLetterQueue, Unroutable

NOT_THERE = "no dead letter has a message_id that begins so: `userbus dead log` tells whether somebody has handled it"
Action = Callable[[DeadLetterQueue, AbstractIncomingMessage], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with which dead letters, in whose name: at most `limit`, at most `rate` a second (0: unlimited)."""

    verb: str
    selection: Selection
    by: str
    limit: int = 1_000_000
    rate: float = 0
    dry_run: bool = False


@dataclass(slots=True)
class Result:
    """How many dead letters a job has handled, and the message ids of those it skipped, by reason."""

    done: int = 0
    skipped: dict[str, list[str]] = field(default_factory=dict)


async def carry_out(queue: DeadLetterQueue, job: Job, result: Result, advance: Callable[[], None]) -> None:
    """Carry out a job, counting into `result`; `advance` is called at each dead letter that was looked at.

    Raises `AmbiguousPrefix`, `QueueFull`, `ConnectionError`.
    """
    candidates = await find_candidates(queue, job.selection)
    job = replace(job, selection=candidates.selection)
    if candidates.missing:
        result.skipped[NOT_THERE] = candidates.missing
    messages = _yield_with_progress(candidates.messages, advance)
    if job.dry_run:
        async for message in messages:
            result.done += _is_due(job, dead_letter(message), result)
    else:
        await _handle_all(queue, job, messages, result)


async def remove_undeliverable(queue: DeadLetterQueue, by: str) -> int:
    """Remove what the broker could not deliver, which nobody can look at; return how many messages."""
    async with AuditLog(queue.channel, by, "drop-undeliverable", Selection()) as audit_log:
        count = await queue.purge_undeliverable()
        for _ in range(count):
            await audit_log.record("undeliverable")
    return count


async def _yield_with_progress(
    messages: AsyncIterator[AbstractIncomingMessage], advance: Callable[[], None]
) -> AsyncIterator[AbstractIncomingMessage]:
    async for message in messages:
        advance()
        yield message


async def _handle_all(
    queue: DeadLetterQueue, job: Job, messages: AsyncIterator[AbstractIncomingMessage], result: Result
) -> None:
    async with AuditLog(queue.channel, job.by, job.verb, job.selection) as audit_log:
        async for message in messages:
            if await _handle(queue, job, message, result):
                await audit_log.record(str(message.message_id))


async def _handle(queue: DeadLetterQueue, job: Job, message: AbstractIncomingMessage, result: Result) -> bool:
    found = dead_letter(message)
    if not _is_due(job, found, result):
        return False
    if job.rate and await queue.wait_stopped(1 / job.rate):
        return False
    try:
        handled = await ACTIONS[job.verb](queue, message)
    except Unroutable:
        _skip(result, "no queue takes requests of that name", found)
        return False
    result.done += handled
    return handled


def _is_due(job: Job, found: DeadLetter, result: Result) -> bool:
    """Whether the job handles this dead letter; one that is selected but cannot be redriven is counted as skipped."""
    if result.done >= job.limit or not job.selection.matches(found):
        return False
    if job.verb == "redrive" and found.redacted:
        _skip(result, "secrets were taken out, so it cannot be sent again: its sender has to", found)
        return False
    return True


def _skip(result: Result, why: str, found: DeadLetter) -> None:
    result.skipped.setdefault(why, []).append(found.id)


async def _redrive(queue: DeadLetterQueue, message: AbstractIncomingMessage) -> bool:
    return await queue.redrive(message)


async def _drop(queue: DeadLetterQueue, message: AbstractIncomingMessage) -> bool:
    await queue.remove(message)
    return True


ACTIONS: dict[str, Action] = {"redrive": _redrive, "drop": _drop}
