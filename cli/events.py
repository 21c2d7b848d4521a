"""`userbus events`: watch events as they come, or read those of the last days again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.connection import run, stop
from cli.dead.options import duration
from cli.output import print_line
from client.bus import Bus
from client.event import Event
from client.sources import Start, is_any_match
from client.subscription import Subscription
from contracts.catalog import EVENTS, EVENTS_LOG
from contracts.nearest import nearest_names

OPEN_SECONDS = 15.0  # workers declare again what is missing every ten
IDLE_SECONDS = 3.0
OFFSET_DIGITS = 18
app = typer.Typer(no_args_is_help=True)

Patterns = Annotated[list[str] | None, typer.Argument(help="Names or topic patterns, as in 'user.*'; by default all.")]
Lines = Annotated[bool, typer.Option("--json", help="The whole CloudEvents object, one a line.")]
Limit = Annotated[int | None, typer.Option(min=1, help="End after so many.")]
Since = Annotated[str, typer.Option(metavar="TIME|AGE|OFFSET", help="As in 2026-01-31T08:00:00Z, 2h, or first.")]
Follow = Annotated[bool, typer.Option("--follow", help="Go on with new events until Ctrl-C.")]


@app.command("tail", epilog="Example: userbus events tail 'user.*' --json")
def watch_events(patterns: Patterns = None, limit: Limit = None, lines: Lines = False) -> None:
    """Show events as they come, until Ctrl-C. Nobody else misses one for that."""
    run(lambda bus: _show(bus, "next", patterns or [], limit, lines, None))


@app.command("replay", epilog="Example: userbus events replay --since 2h 'user.*'")
def show_past_events(
    patterns: Patterns = None, since: Since = "first", limit: Limit = None, follow: Follow = False, lines: Lines = False
) -> None:
    """Show the events of the log again, by default of the last 7 days, and end when none has come for three seconds."""
    start, idle = _read_start(since), None if follow else IDLE_SECONDS
    run(lambda bus: _show(bus, start, patterns or [], limit, lines, idle))


async def _show(
    bus: Bus, start: Start, patterns: list[str], limit: int | None, lines: bool, idle: float | None
) -> None:
    _warn_of_unknown(patterns)
    shown = 0
    # all events are taken, so that a pause is one of the log and not of what the patterns match
    async with _opened_log(bus, start) as events:
        with suppress(StopAsyncIteration):
            while (limit is None or shown < limit) and (event := await _read_next(events, idle)):
                if is_any_match(patterns or ["#"], event.name):
                    print_line(json.dumps(event.raw, ensure_ascii=False) if lines else _describe(event))
                    shown += 1


@asynccontextmanager
async def _opened_log(bus: Bus, start: Start) -> AsyncIterator[Subscription]:
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                events = await stack.enter_async_context(bus.replay(start))
        except TimeoutError:
            stop(f"{EVENTS_LOG} cannot be read: it is not there, or its node is down; a worker that runs declares it")
        yield events


async def _read_next(events: Subscription, idle: float | None) -> Event | None:
    """The next event; None once a connection that is up has brought none for so many seconds."""
    told = False
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(idle):
                return await anext(events)
        if events.up_since is None and not told:
            print_line("the connection to the broker was lost: waiting for another", err=True)
            told = True
        elif events.up_since is not None and asyncio.get_running_loop().time() - events.up_since >= (idle or 0):
            return None


def _warn_of_unknown(patterns: list[str]) -> None:
    for pattern in patterns:
        if not any(is_any_match([pattern], name) for name in EVENTS):
            near = nearest_names(pattern, [*EVENTS])
            advice = f": did you mean {' or '.join(near)}?" if near else "; docs/bus/asyncapi.json names all"
            print_line(f"no event that this version knows is called {pattern}{advice}", err=True)


def _describe(event: Event) -> str:
    return "  ".join((str(event.offset), str(event.raw["time"]), event.name, event.subject, event.actor or ""))


def _read_start(given: str) -> Start:
    if given == "first":
        return "first"
    if given.isdecimal() and len(given) <= OFFSET_DIGITS:
        return int(given)
    with suppress(ValueError, typer.BadParameter):
        return datetime.now(UTC) - duration(given)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        stop(f"--since {given}: not an offset, an age such as 2h, a time such as 2026-01-31T08:00:00Z, or first")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
