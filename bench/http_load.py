"""HTTP requests on connections that are kept open: a client that costs far less than the servers under test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from devstack.ports import HOST

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SECONDS = 60.0


class HttpLoad:
    """Requests to one port of this machine; as many connections as requests are in flight."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._opened: list[Connection] = []
        self._idle: list[Connection] = []

    async def request(self, head: str, body: bytes = b"", *, status: int = 200) -> bytes:
        """Send a request, given its first line and headers; the body of its response. Raises for another status."""
        connection = await self._take()
        reader, writer = connection
        async with asyncio.timeout(SECONDS):
            writer.write(f"{head}\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            response = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            content = await reader.readexactly(_content_length(response))
        if response.split(" ", 2)[1] != str(status):
            raise RuntimeError(f"{head.splitlines()[0]}: {response.splitlines()[0]}: {content[:200]!r}")
        self._idle.append(connection)
        return content

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._opened:
            writer.close()

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection[0].at_eof():  # a server closes what has been idle for its keep-alive time
                return connection
        return await self._open()

    async def _open(self) -> Connection:
        connection = await asyncio.open_connection(HOST, self._port)
        self._opened.append(connection)
        return connection


@asynccontextmanager
async def http_load(port: int) -> AsyncIterator[HttpLoad]:
    """A client for the length of the block."""
    load = HttpLoad(port)
    try:
        yield load
    finally:
        load.close()


def _content_length(response: str) -> int:
    for line in response.splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    raise RuntimeError(f"a response without a length: {response}")
