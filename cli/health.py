"""`userbus health`: is a worker there for every family, with its database?"""

import asyncio

import typer

from bridge.bus import Bus, Call, TimedOut, Unavailable
from bridge.wire import Refused
from cli.client import run, stop
from contracts.catalog import FAMILIES
from contracts.health import CheckHealth


async def _state(bus: Bus, family: str) -> str:
    try:
        answer = await bus.call(f"health.{family}", CheckHealth(), Call(timeout=2.0))
    except (Unavailable, TimedOut, Refused) as error:
        return str(error)
    return "ok" if answer.database else "the database does not answer"


async def _states(bus: Bus) -> dict[str, str]:
    found = await asyncio.gather(*(_state(bus, family) for family in FAMILIES))
    return dict(zip(FAMILIES, found, strict=True))


def health() -> None:
    """Ask a worker of every family how it is; status 1 when one is missing."""
    states = run(_states)
    for family, state in states.items():
        typer.echo(f"{family}: {state}")
    if set(states.values()) != {"ok"}:
        stop("not healthy: start a worker for the families above, or look at its log")
