"""Health checks of the bridge."""

import asyncio
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from client.bus import Bus
from client.errors import BusError
from contracts.catalog import FAMILIES

TIMEOUT = 1.0
ASK_AT = (0.0, 0.4, 0.7)  # seconds: the next worker in turn is asked where one is silent or cannot serve
CACHE_SECONDS = 1.0
GRACE_SECONDS = 5.0
NO_WORKER = "no worker"


def routes(bus: Bus) -> list[Route]:
    """`/health/live` is 200 while the process serves; `/health/ready` is 503 and names the missing parts."""
    check = ReadinessCheck(bus)

    async def answer_live(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def answer_ready(_request: Request) -> Response:
        parts = await check.check_parts()
        missing = [name for name, state in parts.items() if state != "ok"]
        body = {"status": "unready" if missing else "ready", "missing": missing, "parts": parts}
        return JSONResponse(body, 503 if missing else 200, {"Retry-After": "1"} if missing else None)

    return [Route("/health/live", answer_live), Route("/health/ready", answer_ready)]


async def refuse_method(_request: Request, error: Exception) -> Response:
    """Answer 405 where these pages or the documents are requested with another method than GET."""
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"message": "method not allowed"}, 405, headers)


class ReadinessCheck:
    """Check broker and workers at most once a second, however many requests ask.

    A part is at fault only when it has not been good for 5 s: a broker node or a worker that goes away, while others
    serve, must not turn a load balancer away from every bridge.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._lock = asyncio.Lock()
        self._valid_until = 0.0
        self._good_until: dict[str, float] = {}
        self._states: dict[str, str] = {}

    async def check_parts(self) -> dict[str, str]:
        """Return "ok" or what is missing for the broker and for each family of requests."""
        async with self._lock:
            if time.monotonic() >= self._valid_until:
                states = {"broker": self._broker_state(), **await self._check_families()}
                now = time.monotonic()
                self._good_until |= {name: now + GRACE_SECONDS for name, state in states.items() if state == "ok"}
                self._states = {
                    name: "ok" if now < self._good_until.get(name, 0.0) else state for name, state in states.items()
                }
                self._valid_until = now + CACHE_SECONDS
        return self._states

    def _broker_state(self) -> str:
        return "ok" if self._bus.state == "up" else self._bus.state

    async def _check_families(self) -> dict[str, str]:
        states = await asyncio.gather(*(self._check_family(family) for family in FAMILIES))
        return dict(zip(FAMILIES, states, strict=True))

    async def _check_family(self, family: str) -> str:
        """Return "ok" as soon as one worker says that it can serve, else what the others have said."""
        asks = [asyncio.create_task(self._ask(family, delay)) for delay in ASK_AT]
        states: list[str] = []
        try:
            for ask in asyncio.as_completed(asks):
                states.append(await ask)
                if states[-1] == "ok":
                    return "ok"
        finally:
            for each in asks:
                each.cancel()
        return next((state for state in states if state != NO_WORKER), NO_WORKER)

    async def _ask(self, family: str, delay: float) -> str:
        await asyncio.sleep(delay)
        try:
            view = await self._bus.check_health(family, timeout=TIMEOUT - delay)
        except BusError as error:
            return NO_WORKER if error.code.startswith("bus.") else error.code
        return "ok" if view.database else "no database"
