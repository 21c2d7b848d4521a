"""A TCP proxy under the test's control: links can be cut, refused, their bytes held back or rewritten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from tests.support.patience import PATIENCE

Matches = Callable[["Link"], bool]
Rewrite = Callable[[bytes], bytes]
PART = 65536
MARK_SECONDS = 0.1  # for the client to read what came before a link's end


@dataclass(eq=False)
class Link:
    """One connection through the proxy. `said` is the beginning of what the client sent, which tells who it is.

    `kept` is what of it is held back.
    """

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    said: bytes = b""
    kept: bytes = b""

    def abort(self) -> None:
        """Cut both sides with a reset."""
        self.client.transport.abort()
        self.server.transport.abort()

    def named(self, name: str) -> bool:
        """Whether the client gave this AMQP connection name."""
        return name.encode() in self.said


@dataclass(eq=False)
class Proxy:
    """Passes bytes on to `host:port`. `held` tells from which links the client's bytes are kept back.

    `answers` rewrites what the server says on links made from now on. A link ends where the server says `mark`, as if
    the server had closed it instead. With `lingers`, a server is not told of a
    client that has gone while its bytes are held.
    """

    host: str
    port: int
    listening: int = 0
    links: set[Link] = field(default_factory=set)
    open: bool = True
    answers: Rewrite = bytes
    mark: bytes = b""
    lingers: bool = False
    _held: Matches = lambda _: False
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """Reset every link and refuse new ones."""
        self.open = False
        for link in [*self.links]:
            link.abort()

    def heal(self) -> None:
        """Take new links again and pass on what was held."""
        self.open = True
        self.hold(lambda _: False)

    def hold(self, matches: Matches) -> None:
        """From now on keep back what the clients of these links send (nobody is told, as in a black hole)."""
        self._held = matches
        for link in self.links:
            self._pass_on(link)
        self._moved.set()
        self._moved = asyncio.Event()

    async def keeps(self, count: int, seconds: float = PATIENCE) -> None:
        """Wait until so many bytes are held back."""
        async with asyncio.timeout(seconds):
            while sum(len(link.kept) for link in self.links) < count:
                await asyncio.sleep(0.005)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on until either side ends."""
        try:
            if not self.open:
                raise OSError("cut")
            back, forth = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.transport.abort()
            return
        with suppress(OSError):
            link = Link(writer, forth)
            self.links.add(link)
            ways = [
                asyncio.create_task(self._up(link, reader)),
                asyncio.create_task(self._down(back, writer, self.answers)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                await self._linger(link, ways[1])
            finally:
                link.abort()
                self.links.discard(link)
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _linger(self, link: Link, down: "asyncio.Task[None]") -> None:
        """Keep from the server, too, that a client has gone whose bytes are held back."""
        while self.lingers and self._held(link) and not down.done():
            moved = asyncio.create_task(self._moved.wait())
            try:
                await asyncio.wait({down, moved}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                moved.cancel()

    async def _up(self, link: Link, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while part := await reader.read(PART):
                link.said = (link.said + part)[:4096]
                link.kept += part
                self._pass_on(link)
                while len(link.kept) >= PART:  # no more is taken in, as where buffers are full
                    await self._moved.wait()
                await link.server.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rewrite: Rewrite) -> None:
        with suppress(OSError):
            while part := await reader.read(PART):
                before, found, _ = part.partition(self.mark) if self.mark else (part, b"", b"")
                writer.write(rewrite(before))
                await writer.drain()
                if found:
                    writer.write_eof()
                    return await asyncio.sleep(MARK_SECONDS)

    def _pass_on(self, link: Link) -> None:
        if link.kept and not self._held(link):
            link.server.write(link.kept)
            link.kept = b""


@asynccontextmanager
async def proxy(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the server of `url`, and the URL through it."""
    parts = urlsplit(url)
    up = Proxy(parts.hostname or "", parts.port or 0)
    server = await asyncio.start_server(up.serve, "127.0.0.1", 0)
    up.listening = server.sockets[0].getsockname()[1]
    credentials = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    netloc = f"{credentials}127.0.0.1:{up.listening}"
    query = "directConnection=true" if parts.scheme == "mongodb" else parts.query
    try:
        yield up, urlunsplit(parts._replace(netloc=netloc, query=query))
    finally:
        up.cut()
        server.close()
