"""An HTTP server that plays an SMS gateway."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """Answers each request with the next of `answers` (status, JSON), the last one for ever, once `open` is set."""

    url: str
    answers: list[tuple[int, Any]]
    received: list[Received] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(10):
            while len(self.received) < count:
                await asyncio.sleep(0.01)

    async def answer(self, request: Request) -> Response:
        """Serve a request."""
        body = await request.body()
        query, headers = dict(request.query_params), dict(request.headers)
        self.received.append(Received(request.url.path, query, headers, body))
        await self.open.wait()
        status, content = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return JSONResponse(content, status)


@asynccontextmanager
async def gateway(*answers: tuple[int, Any]) -> AsyncIterator[Gateway]:
    """A gateway on a free port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    played = Gateway(f"http://127.0.0.1:{listener.getsockname()[1]}", [*answers] or [(200, {})])
    played.open.set()
    app = Starlette(routes=[Route("/{path:path}", played.answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield played
    finally:
        played.open.set()
        server.should_exit = True
        await task
