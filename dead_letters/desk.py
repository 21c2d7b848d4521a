"""Dead letters for a process that several people use: one pass over the queue at a time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from contracts.catalog import CATALOG
from contracts.redaction import redact
from dead_letters.audit_log import read_entries
from dead_letters.dead_letter import DeadLetter, Selection, dead_letter
from dead_letters.edit import Edit, redrive_edited
from dead_letters.job import Job, Result, carry_out
from dead_letters.queue import DeadLetterQueue
from dead_letters.runs import Run, collect_runs

MAX_SHOWN = 128 * 1024


class DeadLettersUnavailable(Exception):
    """The broker cannot be reached, or does not let this user at the dead letters."""


@dataclass(frozen=True, slots=True)
class WholeLetter:
    """A dead letter with all that it has: headers and other properties as texts, the body without secrets.

    Of a body longer than 128 KiB it is the beginning alone, and `is_cut` is set: to show it all takes the loop seconds.
    """

    letter: DeadLetter
    properties: dict[str, str]
    body: str
    is_cut: bool


class Desk:
    """Looks at dead letters, redrives and drops them, by a broker's URL.

    A pass holds all of them while it lasts, so that another one would see none: here one waits for the other, but not
    for those of other processes. With `keep_callers` redriven messages keep their `user_id`. All methods raise
    `DeadLettersUnavailable`.
    """

    def __init__(self, url: str, keep_callers: bool) -> None:
        self._url = url
        self._keep_callers = keep_callers
        self._lock = asyncio.Lock()

    async def find(self, selection: Selection) -> list[DeadLetter]:
        """Return the dead letters that are selected, oldest first."""
        async with self._open() as queue:
            found = [dead_letter(message) async for message in queue.read()]
        return [letter for letter in found if selection.matches(letter)]

    async def show(self, id: str) -> WholeLetter | None:
        """Return the dead letter with this id, or None."""
        async with self._open() as queue:
            found = [message async for message in queue.read() if dead_letter(message).id == id]
        return _show(found[0]) if found else None

    async def read_log(self, since: datetime) -> list[Run]:
        """Return who has redriven, changed and dropped what since then, the newest first."""
        async with self._open() as queue:
            return await collect_runs(read_entries(queue.channel, since))

    async def carry_out(self, job: Job) -> Result:
        """Carry out a job; raises as `carry_out` does."""
        result = Result()
        async with self._open() as queue:
            await carry_out(queue, job, result, lambda: None)
        return result

    async def redrive_edited(self, edit: Edit, body: str) -> None:
        """Redrive one dead letter with another body; raises as `redrive_edited` does."""

        async def give(_: bytes) -> str:
            return body

        async with self._open() as queue:
            await redrive_edited(queue, edit, give)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[DeadLetterQueue]:
        try:
            async with self._lock, DeadLetterQueue(self._url, self._keep_callers) as queue:
                yield queue
        except (AMQPError, ChannelInvalidStateError, OSError) as error:
            raise DeadLettersUnavailable(str(error) or repr(error)) from error


def _show(message: AbstractIncomingMessage) -> WholeLetter:
    body, _ = redact(CATALOG.get(message.routing_key or ""), message.body)
    properties = {"app_id": message.app_id or "", "user_id": message.user_id or ""}
    properties |= {key: str(value) for key, value in sorted(message.headers.items())}
    properties = {key: text for key, text in properties.items() if text}
    is_cut = len(body) > MAX_SHOWN
    text = body[:MAX_SHOWN].decode(errors="backslashreplace") if is_cut else _indent(body)
    return WholeLetter(dead_letter(message), properties, text, is_cut)


def _indent(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body.decode(errors="backslashreplace")
