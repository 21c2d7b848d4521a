"""`userbus health`: whether every family has a worker that reaches its database."""

import asyncio

from cli.connection import run, stop
from cli.output import print_line
from client.bus import Bus
from client.errors import BusError
from contracts.catalog import FAMILIES


async def _check_family(bus: Bus, family: str) -> str:
    try:
        answer = await bus.check_health(family, timeout=2.0)
    except BusError as error:
        return error.message
    return "ok" if answer.database else "the database does not answer"


async def _check_families(bus: Bus) -> dict[str, str]:
    states = await asyncio.gather(*(_check_family(bus, family) for family in FAMILIES))
    return dict(zip(FAMILIES, states, strict=True))


def check_health() -> None:
    """Ask a worker of every family how it is; status 1 when one is missing."""
    states = run(_check_families)
    for family, state in states.items():
        print_line(f"{family}: {state}")
    if set(states.values()) != {"ok"}:
        stop("not healthy: start a worker for the families above, or look at its log")
