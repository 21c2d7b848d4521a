"""A very small HTTP server for whoever looks after a worker: /health/live, /health/ready, /metrics."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from http import HTTPStatus

import structlog

from handlers.vitals import Vitals

SECONDS = 5.0
MOST = 16  # requests at once
JSON = "application/json"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
log = structlog.get_logger()


class Probe:
    """Answers GET requests; whatever else comes is told so, and every connection is closed after one answer."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals
        self._free = MOST

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if self._free <= 0:
            return writer.transport.abort()
        self._free -= 1
        try:
            async with asyncio.timeout(SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(*await self._answer(head)))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            self._free += 1
            writer.close()

    async def _answer(self, head: bytes) -> tuple[int, str, bytes]:
        verb, _, rest = head.decode("latin-1").partition(" ")
        path = rest.split(" ", 1)[0].partition("?")[0]
        if verb not in ("GET", "HEAD"):
            return 405, JSON, b'{"message":"only GET"}'
        if path == "/health/live":
            return 200, JSON, b'{"status":"live"}'
        if path == "/health/ready":
            found = await self._vitals.look()
            return 503 if found["missing"] else 200, JSON, json.dumps(found).encode()
        if path == "/metrics":
            await self._vitals.look()
            return 200, PLAIN, self._vitals.metrics.text()
        return 404, JSON, b'{"message":"there are /health/live, /health/ready and /metrics"}'


@contextlib.asynccontextmanager
async def probing(vitals: Vitals, host: str, port: int) -> AsyncIterator[None]:
    """Serve until the block ends; port 0: not at all."""
    if not port:
        yield
        return
    server = await asyncio.start_server(Probe(vitals).serve, host, port, limit=8192)
    log.info("worker can be looked at", url=f"http://{host}:{port}/health/ready")
    try:
        yield
    finally:
        server.close()


def _response(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n".encode() + body
