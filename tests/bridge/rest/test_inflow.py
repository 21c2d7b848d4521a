"""Much that comes at once: it is parsed in parts, so that others have their turns, and requests that wait are few."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tests.support.loopback import serve
from tests.support.patience import PATIENCE

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK"


class Application:
    """Reads bodies and answers with their lengths, once `open` is set."""

    def __init__(self) -> None:
        self.open, self.asked = asyncio.Event(), 0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        self.asked += 1
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        await self.open.wait()
        body = b"%d" % size
        head = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected(app: Application) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of the application."""
    async with serve(app, lifespan="off") as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield reader, writer
        finally:
            app.open.set()
            writer.close()


async def read_answers(reader: asyncio.StreamReader, count: int) -> bytes:
    """Read so many answers."""
    told = b""
    async with asyncio.timeout(PATIENCE):
        while told.count(OK) < count or not told[told.rindex(OK) :].partition(b"\r\n\r\n")[2]:
            told += await reader.read(2**20)
    return told


def count_requests() -> int:
    """How many requests are in memory, of whatever connection."""
    return sum(type(each) is RequestResponseCycle for each in gc.get_objects())


async def test_of_many_requests_at_once_few_are_held() -> None:
    app = Application()
    async with connected(app) as (reader, writer):
        writer.write(GET * 30_000)
        async with asyncio.timeout(PATIENCE):
            while not app.asked:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # for as many as would be read
        held = count_requests()
        assert (app.asked, held < 100) == (1, True), held
        app.open.set()
        told = await read_answers(reader, 3_000)
        held = count_requests()
        assert (told.count(OK) >= 3_000, held < 200) == (True, True), held


async def test_all_of_many_requests_are_answered_in_their_order() -> None:
    app = Application()
    app.open.set()
    lengths = [number % 7 * 700 for number in range(1_000)]
    posts = [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % each + b"x" * each for each in lengths]
    async with connected(app) as (reader, writer):
        writer.write(b"".join(posts))
        told = await read_answers(reader, len(posts))
    bodies = [answer.partition(b"\r\n\r\n")[2] for answer in told.split(OK)[1:]]
    assert [int(body) for body in bodies] == lengths


BODIES = {
    "in one": b"Content-Length: 1048576\r\n\r\n" + b"x" * 2**20,
    "in chunks of a byte": b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 150_000 + b"0\r\n\r\n",
}


@pytest.mark.parametrize("form", BODIES)
async def test_a_body_is_parsed_in_many_turns(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    turns, turn, app = Counter[int](), 0, Application()
    on_body = HttpToolsProtocol.on_body

    def count(self: Any, body: bytes) -> None:
        turns[turn] += 1
        on_body(self, body)

    monkeypatch.setattr(HttpToolsProtocol, "on_body", count)  # counts, and does what it did
    app.open.set()
    async with connected(app) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + BODIES[form] + GET)
        answered = asyncio.create_task(read_answers(reader, 2))
        while not answered.done():
            turn += 1
            await asyncio.sleep(0)
    first, second = [answer.partition(b"\r\n\r\n")[2] for answer in answered.result().split(OK)[1:]]
    assert (int(first), int(second)) == (BODIES[form].count(b"x"), 0)
    assert max(turns.values()) < 6_000  # where two parts come in one turn
