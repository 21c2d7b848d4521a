"""Posting to receivers: where it is not done, and how long and how much it may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest

from devstack.ports import free_port
from models.webhook_addresses import AddressRules
from tests.support.gateway import gateway
from tests.support.patience import PATIENCE
from worker.webhooks.poster import NotPosted, Poster

LOOPBACK = AddressRules([ip_network("127.0.0.0/8")])


@asynccontextmanager
async def listener(answer: bytes, seconds: float = 0.0) -> AsyncIterator[tuple[int, list[str]]]:
    """A port that gives the same answer to everybody, part after part, and who has connected to it."""
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append("connected")
        await reader.read(1)
        try:
            for part in [answer[start : start + 1000] for start in range(0, len(answer), 1000)]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(seconds)
        except ConnectionError:
            seen.append("left")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen


async def post(rules: AddressRules, url: str, seconds: float = PATIENCE) -> int:
    async with Poster(rules, seconds) as poster:
        return await poster.post(url, {"content-type": "text/plain"}, b"body")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "[::ffff:127.0.0.1]"])
async def test_private_addresses_and_names_of_them_are_not_connected_to(scheme: str, host: str) -> None:
    async with listener(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as (port, seen):
        with pytest.raises(NotPosted, match="has no address that webhooks may be sent to"):
            await post(AddressRules(), f"{scheme}://{host}:{port}/")
    assert seen == []


async def test_the_networks_of_the_setting_are_connected_to_by_name_too() -> None:
    async with gateway((418, {})) as played:
        assert await post(LOOPBACK, played.url.replace("127.0.0.1", "localhost") + "/hook?key=1") == 418
    (request,) = played.received
    assert (request.path, request.query, request.body) == ("/hook", {"key": "1"}, b"body")
    assert request.headers["host"].startswith("localhost:")


async def test_what_cannot_be_reached_or_is_no_http_is_told() -> None:
    with pytest.raises(NotPosted, match="ConnectError"):
        await post(LOOPBACK, f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(NotPosted, match=r"nowhere\.invalid is not found"):
        await post(LOOPBACK, "http://nowhere.invalid/")
    async with listener(b"SSH-2.0-OpenSSH\r\n") as (port, _):
        with pytest.raises(NotPosted, match="RemoteProtocolError"):
            await post(LOOPBACK, f"http://127.0.0.1:{port}/")
        with pytest.raises(NotPosted, match="ConnectError"):
            await post(LOOPBACK, f"https://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"-ERR requirepass hunter2\r\n\r\n", "illegal status line"),
        (b"HTTP/1.1 200 OK\r\nkey hunter2\r\n\r\n", "illegal header line"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhunter2\r\n", "illegal chunk header"),
    ],
)
async def test_of_an_answer_that_is_no_http_nothing_is_told(answer: bytes, told: str) -> None:
    """Or whoever may read the log of deliveries reads what services say that are reached by the workers alone."""
    async with listener(answer) as (port, _):
        with pytest.raises(NotPosted) as caught:
            await post(LOOPBACK, f"http://127.0.0.1:{port}/")
    assert str(caught.value) == f"RemoteProtocolError: {told}"


async def test_an_answer_that_comes_too_slowly_is_none() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
    async with listener(head + b"x" * 100_000, seconds=0.1) as (port, _):
        with pytest.raises(NotPosted, match=r"no answer within 0\.3 s"):
            await post(LOOPBACK, f"http://127.0.0.1:{port}/", seconds=0.3)


async def test_of_a_long_answer_the_beginning_is_read_alone() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n"
    async with listener(head + b"x" * 100_000_000) as (port, seen):
        assert await post(LOOPBACK, f"http://127.0.0.1:{port}/") == 200
        async with asyncio.timeout(PATIENCE):
            while "left" not in seen:
                await asyncio.sleep(0.01)
