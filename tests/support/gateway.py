"""An HTTP server that plays an SMS gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.support.loopback import serve
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """Answers each request with the next of `answers`, the last one for ever, once `open` is set.

    The first `at_once` requests do not wait for that.
    An answer is its status and what becomes JSON; a text is HTML, and None no body. `location` is where redirects go.
    """

    answers: list[tuple[int, Any]]
    url: str = ""
    received: list[Received] = field(default_factory=list)
    location: str = ""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.received) < count:
                await asyncio.sleep(0.01)

    async def answer(self, request: Request) -> Response:
        """Serve a request."""
        body = await request.body()
        query, headers = dict(request.query_params), dict(request.headers)
        self.received.append(Received(request.url.path, query, headers, body))
        if len(self.received) > self.at_once:
            await self.open.wait()
        status, content = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        shown = {"location": self.location} if 300 <= status < 400 else None
        if content is None or isinstance(content, str):
            return HTMLResponse(content, status, shown)
        return JSONResponse(content, status, shown)


@asynccontextmanager
async def gateway(*answers: tuple[int, Any], port: int = 0) -> AsyncIterator[Gateway]:
    """A gateway on a port, 0 for a free one, until the block ends."""
    played = Gateway([*answers] or [(200, {})])
    played.open.set()
    app = Starlette(routes=[Route("/{path:path}", played.answer, methods=["POST"])])
    async with serve(app, port=port, timeout_graceful_shutdown=1) as played.url:
        try:
            yield played
        finally:
            played.open.set()
