"""Receivers that keep a worker busy, and names whose name servers are dead."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.gateway import gateway
from tests.support.patience import PATIENCE
from tests.worker.webhooks.test_poster import LOOPBACK, post
from worker.webhooks.poster import LOOKUPS, NotPosted, Poster

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@asynccontextmanager
async def flood(head: bytes, part: bytes) -> AsyncIterator[tuple[str, list[int]]]:
    """The URL of a receiver that sends parts for ever, and how many bytes it could send."""
    sent: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(head)
        try:
            while True:
                writer.write(part * 100)
                sent.append(len(part) * 100)
                await writer.drain()
        except ConnectionError:
            sent.append(0)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent


@pytest.mark.parametrize(
    "part",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", b"a: b\r\n"],
    ids=["100", "103", "no status"],
)
async def test_an_answer_that_never_begins_ends_the_attempt(part: bytes) -> None:
    async with flood(b"", part) as (url, _):
        with pytest.raises(NotPosted, match=r"too long|RemoteProtocolError"):
            await post(LOOPBACK, url)


@pytest.mark.parametrize("part", [b"1\r\nx\r\n", b"1;" + b"x" * 50 + b"\r\nx\r\n"], ids=["chunks", "extensions"])
async def test_of_an_answer_in_tiny_parts_the_first_ones_are_read_alone(part: bytes) -> None:
    async with flood(CHUNKED, part) as (url, sent):
        assert await post(LOOPBACK, url) == 200
        async with asyncio.timeout(PATIENCE):
            while 0 not in sent:
                await asyncio.sleep(0.01)


async def test_dead_name_servers_hold_up_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(host: str, port: int, **_: Any) -> Any:
        if host.startswith("dead"):
            over.wait()
            raise OSError("no name server answers")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        async with gateway((204, None)) as played, Poster(LOOPBACK, 10.0) as poster:
            dead = [asyncio.create_task(poster.post(f"http://dead{n}.test/", {}, b"")) for n in range(LOOKUPS - 1)]
            await asyncio.sleep(0)
            assert await poster.post(f"http://alive.test:{played.port}/", {}, b"") == 204
            assert not any(task.done() for task in dead)
            over.set()
            found = await asyncio.gather(*dead, return_exceptions=True)
    finally:
        over.set()
    assert {str(each) for each in found} == {f"ConnectError: dead{n}.test is not found" for n in range(LOOKUPS - 1)}


async def test_a_stored_url_that_is_not_ascii_is_told_in_the_log_of_deliveries() -> None:
    with pytest.raises(NotPosted, match="not ASCII"):
        await post(LOOPBACK, "http://127.0.0.1/ü")
