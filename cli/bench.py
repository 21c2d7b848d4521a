"""`userbus bench`: how fast this system answers now."""

import asyncio
import json
from collections.abc import Sequence
from time import perf_counter
from typing import Annotated, Any

import typer

from cli.connection import run, stop
from cli.output import print_line
from cli.requests.output import print_rows
from client.bus import Bus
from contracts.user_queries import GetUser, SearchUsers

app = typer.Typer(no_args_is_help=True)
Seconds = Annotated[float, typer.Option(min=0.1, max=60, help="For each of the two measurements.")]
InFlight = Annotated[int, typer.Option(min=2, max=256, help="How many questions at once, the second time.")]
Lines = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]


@app.command("quick", epilog="Example: userbus bench quick --seconds 10")
def measure_quickly(seconds: Seconds = 3, in_flight: InFlight = 16, lines: Lines = False) -> None:
    """Ask for one user over and over, first one question at a time, then many at once; print how fast answers come.

    Nothing is changed, and the system is busier for some seconds. Times are in milliseconds, from the question to its
    answer, and those of this machine and its way to the broker too. The first answers are not counted.
    """
    rows = run(lambda bus: _measure(bus, seconds, (1, in_flight)))
    if lines:
        for row in rows:
            print_line(json.dumps(row))
    else:
        print_rows(rows)


async def _measure(bus: Bus, seconds: float, steps: Sequence[int]) -> list[dict[str, Any]]:
    users = await bus.ask(SearchUsers(size=1, count=False))
    if not users.items:
        stop("there is no user to ask for: `userbus demo` makes a few")
    query = GetUser(id=users.items[0].id)
    await _ask_until(bus, query, perf_counter() + seconds / 10)
    return [await _measure_step(bus, query, seconds, in_flight) for in_flight in steps]


async def _measure_step(bus: Bus, query: GetUser, seconds: float, in_flight: int) -> dict[str, Any]:
    begin = perf_counter()
    asked = [_ask_until(bus, query, begin + seconds) for _ in range(in_flight)]
    times = sorted(time for taken in await asyncio.gather(*asked) for time in taken)
    return {
        "request": "user.get",
        "in_flight": in_flight,
        "answers": len(times),
        "per_second": round(len(times) / (perf_counter() - begin), 1),
        **{f"p{percent}_ms": _percentile(times, percent) for percent in (50, 99)},
    }


async def _ask_until(bus: Bus, query: GetUser, end: float) -> list[float]:
    """Ask at least once; the seconds of each answer."""
    taken = list[float]()
    while not taken or perf_counter() < end:
        begin = perf_counter()
        await bus.ask(query)
        taken.append(perf_counter() - begin)
    return taken


def _percentile(times: Sequence[float], percent: int) -> float:
    return round(times[(len(times) - 1) * percent // 100] * 1000, 2)
