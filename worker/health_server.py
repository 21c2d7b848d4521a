"""A very small HTTP server for operators of a worker: /health/live, /health/ready, /metrics."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from http import HTTPStatus

import structlog

from worker.readiness import Readiness

REQUEST_SECONDS = 5.0
CHECK_SECONDS = 5.0
MAX_REQUESTS = 16  # at once
JSON = "application/json"
SECURITY_HEADERS = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff"
log = structlog.get_logger()


class HealthServer:
    """Answers GET and HEAD requests, anything else with 405; each connection is closed after one answer.

    What cannot be told within `check_seconds` is answered with 503.
    """

    def __init__(self, readiness: Readiness, check_seconds: float = CHECK_SECONDS) -> None:
        self._readiness = readiness
        self._check_seconds = check_seconds
        self._free = MAX_REQUESTS

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if self._free <= 0:
            return writer.transport.abort()
        self._free -= 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            response = _response(*await self._answer_in_time(head))
            async with asyncio.timeout(REQUEST_SECONDS):
                writer.write(response)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            self._free += 1
            writer.close()

    async def _answer_in_time(self, head: bytes) -> tuple[int, str, bytes]:
        try:
            async with asyncio.timeout(self._check_seconds):
                return await self._answer(head)
        except TimeoutError:
            body = {"status": "unready", "message": f"the checks took longer than {self._check_seconds:g} s"}
            return 503, JSON, json.dumps(body).encode()

    async def _answer(self, head: bytes) -> tuple[int, str, bytes]:
        verb, _, rest = head.decode("latin-1").partition(" ")
        path = rest.split(" ", 1)[0].partition("?")[0]
        if verb not in ("GET", "HEAD"):
            return 405, JSON, b'{"message":"only GET"}'
        if path == "/health/live":
            return 200, JSON, b'{"status":"live"}'
        if path == "/health/ready":
            report = await self._readiness.check()
            return 503 if report["missing"] else 200, JSON, json.dumps(report).encode()
        if path == "/metrics":
            await self._readiness.check()
            return 200, *self._readiness.metrics.text(_accept_header(head))
        return 404, JSON, b'{"message":"there are /health/live, /health/ready and /metrics"}'


@contextlib.asynccontextmanager
async def serve_health(readiness: Readiness, host: str, port: int) -> AsyncIterator[None]:
    """Serve until the block ends; with port 0 not at all."""
    if not port:
        yield
        return
    server = await asyncio.start_server(HealthServer(readiness).serve, host, port, limit=8192)
    log.info("worker serves its health", url=f"http://{host}:{port}/health/ready")
    try:
        yield
    finally:
        server.close()


def _accept_header(head: bytes) -> str:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return ",".join(value.strip() for name, _, value in lines if name.lower() == "accept")


def _response(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: close\r\n{SECURITY_HEADERS}\r\n\r\n".encode() + body
