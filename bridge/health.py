"""The bridge's own pages: is it alive, and can it serve?"""

import asyncio
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.bus import Bus, Call, TimedOut, Unavailable
from bridge.wire import Refused
from contracts.catalog import FAMILIES
from contracts.health import CheckHealth, HealthView

PROBE = Call(timeout=1.0)
FRESH = 1.0


class Parts:
    """The state of every part, asked for at most once a second, however many ask."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._one_asks = asyncio.Lock()
        self._until = 0.0
        self._known: dict[str, str] = {}

    async def states(self) -> dict[str, str]:
        """Each part with "ok" or what is the matter with it."""
        async with self._one_asks:
            asked = time.monotonic()
            if asked >= self._until:
                self._known = {"broker": _broker(self._bus.state), **await _families(self._bus)}
                self._until = asked + FRESH
        return self._known


def routes(bus: Bus) -> list[Route]:
    """`/health/live` is 200 while the process serves; `/health/ready` 503 names what is missing."""
    state = Parts(bus)

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_request: Request) -> Response:
        parts = await state.states()
        missing = [name for name, state in parts.items() if state != "ok"]
        body = {"status": "unready" if missing else "ready", "missing": missing, "parts": parts}
        return JSONResponse(body, 503 if missing else 200, {"Retry-After": "1"} if missing else None)

    return [Route("/health/live", live), Route("/health/ready", ready)]


async def wrong_verb(_request: Request, error: Exception) -> Response:
    """The answer to a verb that these pages do not have."""
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"message": "method not allowed"}, 405, headers)


def _broker(state: str) -> str:
    return "ok" if state == "up" else state


async def _families(bus: Bus) -> dict[str, str]:
    states = await asyncio.gather(*(_family(bus, family) for family in FAMILIES))
    return dict(zip(FAMILIES, states, strict=True))


async def _family(bus: Bus, family: str) -> str:
    try:
        view: HealthView = await bus.call(f"health.{family}", CheckHealth(), PROBE)
    except (Unavailable, TimedOut):
        return "no worker"
    except Refused as refusal:
        return refusal.problem.code
    return "ok" if view.database else "no database"
