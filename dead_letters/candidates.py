"""The dead letters to look through for a selection, which may name some by prefixes of their message_ids."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aio_pika.abc import AbstractIncomingMessage

from dead_letters.dead_letter import Selection, dead_letter
from dead_letters.queue import DeadLetterQueue


@dataclass(frozen=True, slots=True)
class Candidates:
    """A selection with whole message_ids, the messages it can match, and the ids that no message has."""

    selection: Selection
    messages: AsyncIterator[AbstractIncomingMessage]
    missing: list[str]


async def find_candidates(queue: DeadLetterQueue, selection: Selection) -> Candidates:
    """Look for the ids of a selection; without ids every message is a candidate. Raises `AmbiguousPrefix`."""
    if not selection.ids:
        return Candidates(selection, queue.read(), [])
    prefixes = tuple(selection.ids)
    named = [message async for message in queue.read() if dead_letter(message).id.startswith(prefixes)]
    present = {dead_letter(message).id for message in named}
    selection = selection.with_whole_ids(present)
    return Candidates(selection, _yield_until_stopped(queue, named), sorted(selection.ids - present))


async def _yield_until_stopped(
    queue: DeadLetterQueue, messages: list[AbstractIncomingMessage]
) -> AsyncIterator[AbstractIncomingMessage]:
    for message in messages:
        if queue.is_stopped:
            return
        yield message
