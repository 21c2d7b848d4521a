"""Redriving and dropping: one pass over the dead letters, with progress, at a given rate, told in the log."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aio_pika.abc import AbstractIncomingMessage
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.letters import Letter, Selection, letter
from cli.parked import Diary, Parked, Unroutable

Verb = Callable[[Parked, AbstractIncomingMessage], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with which letters: `limit` of them at most, `rate` a second (0: as fast as it goes)."""

    verb: str
    selection: Selection
    limit: int = 1_000_000
    rate: float = 0
    dry_run: bool = False


@dataclass(slots=True)
class Tally:
    """What became of the letters that were meant; `left` holds message ids by the reason why they stay."""

    done: int = 0
    left: dict[str, list[str]] = field(default_factory=dict)


async def handle(parked: Parked, order: Order, tally: Tally) -> None:
    """Carry an order out, counting into `tally`. Ctrl-C stops between two letters, a second one at once."""
    columns = (TextColumn(order.verb), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not sys.stderr.isatty()
    with _stoppable(parked), Progress(*columns, console=Console(stderr=True), disable=hidden) as progress:
        bar = progress.add_task("", total=parked.total)
        if order.dry_run:
            async for message in parked.letters():
                progress.advance(bar)
                _foretell(order, letter(message), tally)
            return
        async with Diary(parked, order.verb, order.selection) as diary:
            async for message in parked.letters():
                progress.advance(bar)
                if await _handled(parked, order, message, tally):
                    await diary.note(str(message.message_id))


@contextmanager
def _stoppable(parked: Parked) -> Iterator[None]:
    # cancelled in the middle, a letter could be gone and not told of
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        parked.stop()

    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _foretell(order: Order, found: Letter, tally: Tally) -> None:
    if _meant(order, found, tally):
        tally.done += 1


async def _handled(parked: Parked, order: Order, message: AbstractIncomingMessage, tally: Tally) -> bool:
    found = letter(message)
    if not _meant(order, found, tally):
        return False
    if order.rate and await parked.stops_within(1 / order.rate):
        return False
    try:
        handled = await VERBS[order.verb](parked, message)
    except Unroutable:
        _leave(tally, "no queue takes requests of that name", found)
        return False
    tally.done += handled
    return handled


def _meant(order: Order, found: Letter, tally: Tally) -> bool:
    if tally.done >= order.limit or not order.selection.takes(found):
        return False
    if order.verb == "redrive" and found.redacted:
        _leave(tally, "secrets were taken out, so it cannot be sent again: its sender has to", found)
        return False
    return True


def _leave(tally: Tally, why: str, found: Letter) -> None:
    tally.left.setdefault(why, []).append(found.id)


async def _redrive(parked: Parked, message: AbstractIncomingMessage) -> bool:
    return await parked.redrive(message)


async def _drop(_: Parked, message: AbstractIncomingMessage) -> bool:
    await message.ack()
    return True


VERBS: dict[str, Verb] = {"redrive": _redrive, "drop": _drop}
