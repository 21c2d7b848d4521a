"""Limits of heads, of the time that a request may take to arrive, and of connections."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.app import create_app
from bridge.rest.connections import ConnectionLimits
from bridge.settings import Settings
from tests.bridge.conftest import RunningBridge
from tests.support.loopback import serve
from tests.support.patience import PATIENCE
from tests.support.shapes import foreseen_error, passport_error

HEADERS = foreseen_error(4001, "invalid arguments: headers")
TOO_LARGE = {
    "one header": b"X: " + b"x" * 70_000,
    "many bytes": b"\r\n".join(b"X%d: " % n + b"x" * 1000 for n in range(70)),
    "many headers": b"\r\n".join(b"X%d: x" % n for n in range(101)),
}


async def connect_and_send(url: str, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection whose first bytes are there before the server, in the same loop, begins its clock."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), PATIENCE)
    connection.sendall(request)
    return await asyncio.open_connection(sock=connection)


async def send(url: str, request: bytes) -> bytes:
    """Open a connection, send bytes and read until the server closes."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    return await read_to_end(reader, writer)


async def send_at_once(url: str, request: bytes) -> bytes:
    """Send bytes before the server knows of the connection, and read until it closes."""
    return await read_to_end(*await connect_and_send(url, request))


async def read_to_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Read until the server closes."""
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    return answer


@asynccontextmanager
async def limited(limits: ConnectionLimits) -> AsyncIterator[str]:
    """Serve a bridge that needs no broker for what is asked here."""
    async with serve(create_app(Settings()), limits) as url:
        yield url


def status_and_body(answer: bytes) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


@pytest.mark.parametrize("name", TOO_LARGE)
@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["whole", "unfinished"])
async def test_a_large_head_is_refused_in_the_shape_of_its_dialect(
    bridge: RunningBridge, name: str, end: bytes
) -> None:
    if not end and name == "many headers":
        end = b"\r\n\r\n"
    request = b"GET /user/ada HTTP/1.1\r\nHost: x\r\n" + TOO_LARGE[name] + end
    status, body = status_and_body(await bridge.send_raw(request))
    assert (status, json.loads(body)) == (431, HEADERS)
    status, body = status_and_body(await bridge.send_raw(request.replace(b"/user/ada", b"/v1/user/find")))
    assert (status, json.loads(body)) == (431, passport_error(30001, "请求参数错误"))
    assert bridge.worker.requests == []


@pytest.mark.parametrize("start", [b"GET /nowhere HTTP/1.1\r\n", b"GET /health/live HTTP/1.1\r\n"])
async def test_a_large_head_of_no_dialect_is_refused_plainly(bridge: RunningBridge, start: bytes) -> None:
    answer = await bridge.send_raw(start + TOO_LARGE["one header"] + b"\r\n\r\n")
    assert status_and_body(answer) == (431, b"Request Header Fields Too Large")


async def test_a_long_url_is_a_large_head(bridge: RunningBridge) -> None:
    answer = await bridge.send_raw(b"GET /user/" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")
    assert status_and_body(answer)[0] == 431


async def test_a_large_body_beside_a_small_head_is_no_large_head(bridge: RunningBridge) -> None:
    head = b"POST /user/a/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
    assert status_and_body(await bridge.send_raw(head + b"x" * 100_000))[0] == 404


async def test_half_a_head_is_answered_as_too_slow_and_silence_is_closed() -> None:
    async with limited(ConnectionLimits(head_seconds=0.1)) as url:
        status, body = status_and_body(await send_at_once(url, b"GET /user/ada HTTP/1.1\r\nHost:"))
        assert (status, json.loads(body)) == (408, foreseen_error(4001, "invalid arguments: timeout"))
        assert status_and_body(await send_at_once(url, b"GET /user/ada"))[0] == 408
        assert status_and_body(await send_at_once(url, b"GE"))[0] == 408
        assert await send_at_once(url, b"") == b""


async def test_a_request_that_has_arrived_stops_the_clock_of_its_connection() -> None:
    async with limited(ConnectionLimits(head_seconds=0.1)) as url:
        request = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
        reader, writer = await connect_and_send(url, request)
        for _ in range(2):
            async with asyncio.timeout(PATIENCE):
                assert b"404" in await reader.readuntil(b'not found"}')
            await asyncio.sleep(0.3)
            writer.write(request)
        writer.close()


async def test_half_a_body_is_closed() -> None:
    async with limited(ConnectionLimits(body_seconds=0.1)) as url:
        assert await send(url, b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{") == b""


async def test_a_body_that_does_not_arrive_is_answered_in_the_shape_of_its_dialect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.rest.body.READ_TIMEOUT", 0.1)  # in place of 30 s
    async with limited(ConnectionLimits()) as url:
        status, body = status_and_body(
            await send(url, b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{")
        )
    assert (status, json.loads(body)["code"]) == (408, 408)


@pytest.mark.parametrize(("total", "per_address"), [(2, 9), (9, 2)])
async def test_a_connection_too_many_is_told_so_until_another_ends(total: int, per_address: int) -> None:
    async with limited(ConnectionLimits(total, per_address)) as url:
        host, port = url.removeprefix("http://").split(":")
        held = [(await asyncio.open_connection(host, int(port)))[1] for _ in range(2)]
        request = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert status_and_body(await send(url, request)) == (503, b"Service Unavailable")
        held[0].close()
        await held[0].wait_closed()
        async with asyncio.timeout(PATIENCE):
            while status_and_body(await send(url, request))[0] == 503:
                await asyncio.sleep(0.01)
        held[1].close()


def test_the_limit_of_an_address_is_for_that_address_and_not_for_proxies() -> None:
    limits = ConnectionLimits(total=6, per_address=1, proxies=("10.0.0.0/8", "192.0.2.1"))
    told = [
        limits.add(each) for each in ("203.0.113.1", "203.0.113.1", "203.0.113.2", "10.1.1.1", "10.1.1.1", "192.0.2.1")
    ]
    assert told == [True, False, True, True, True, True]
    assert not limits.add("192.0.2.1")
    for _ in range(2):
        limits.remove("192.0.2.1")
    limits.remove("203.0.113.1")
    assert not limits.add("203.0.113.1")
