"""Bodies as other clients make them: compressed, with a byte order mark, in AMQP 1.0 values; too large ones."""

import bz2
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.stack import Stack


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


def user_body() -> bytes:
    return json.dumps({"username": name(), "name": "张三"}, ensure_ascii=False).encode()


@pytest.fixture
async def dead(client: Client, stack: Stack) -> AsyncIterator[Dead]:
    connection = await aio_pika.connect(stack.amqp_url)
    yield Dead(await connection.channel())
    await connection.close()


async def test_a_byte_order_mark_is_ignored(client: Client) -> None:
    body = user_body()
    message_id = uuid4().hex
    user = await client.done("user.create", b"\xef\xbb\xbf" + body, message_id=message_id)
    assert user["name"] == "张三"
    assert await client.done("user.create", body, message_id=message_id) == user


def deflate_raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED: list[tuple[Any, dict[str, Any]]] = [
    (gzip.compress, {"content_encoding": "gzip"}),
    (gzip.compress, {"content_encoding": "GZIP"}),
    (zlib.compress, {"content_encoding": "deflate"}),
    (deflate_raw, {"content_encoding": "deflate"}),
    (lambda body: gzip.compress(zlib.compress(body)), {"content_encoding": "deflate, gzip"}),
    (zlib.compress, {"content_encoding": "utf-8", "headers": {"compression": "application/x-gzip"}}),
    (gzip.compress, {"content_encoding": "gzip:UTF-8"}),
    (bytes, {"content_encoding": "utf-8"}),
    (bytes, {"content_encoding": "gzip"}),
]


@pytest.mark.parametrize(("pack", "around"), PACKED)
async def test_a_compressed_body_is_read(client: Client, pack: Any, around: dict[str, Any]) -> None:
    user = await client.done("user.create", pack(user_body()), **around)
    assert user["name"] == "张三"


REFUSED: list[tuple[bytes, dict[str, Any], str, str]] = [
    (bz2.compress(user_body()), {"content_encoding": "bzip2"}, "message.undecodable", "bzip2"),
    (bz2.compress(user_body()), {"headers": {"compression": "application/x-bz2"}}, "message.undecodable", "x-bz2"),
    (b"eyJhIjoxfQ==", {"content_encoding": "base64"}, "message.undecodable", "base64"),
    (user_body().decode().encode("utf-16"), {}, "message.undecodable", "UTF-16"),
    (user_body().decode().encode("utf-16-le"), {"content_encoding": "utf-16"}, "message.undecodable", "UTF-16"),
    (user_body().decode().encode("utf-32"), {}, "message.undecodable", "UTF-32"),
    (user_body().decode().encode("gb18030"), {}, "message.undecodable", "not UTF-8"),
    (gzip.compress(user_body())[:-9], {"content_encoding": "gzip"}, "message.undecodable", "cut off"),
    (gzip.compress(b" " * 70_000_000), {"content_encoding": "gzip"}, "message.too_large", "after unpacking"),
]


@pytest.mark.parametrize(("body", "around", "code", "words"), REFUSED, ids=range(len(REFUSED)))
async def test_another_encoding_is_refused_by_name(
    client: Client, body: bytes, around: dict[str, Any], code: str, words: str
) -> None:
    problem = await client.refused("user.create", body, **around)
    assert (problem["code"], words in problem["message"]) == (code, True), problem
    assert "JSON" not in problem["message"]


async def test_a_body_that_cannot_be_unpacked_is_not_kept_for_it_may_hold_secrets(client: Client, dead: Dead) -> None:
    message_id = uuid4().hex
    packed = b"eyJwYXNzd29yZCI6ImNvcnJlY3QgaG9yc2UifQ=="
    await client.send("user.create", packed, message_id=message_id, content_encoding="base64")
    letter = await dead.find(message_id)
    assert (letter.body, letter.headers["x-userbus-redacted"]) == (b"", "(body)")


def section(code: int, width: int, body: bytes) -> bytes:
    """An amqp-value section."""
    return b"\x00\x53\x77" + bytes([code]) + len(body).to_bytes(width) + body


@pytest.mark.parametrize(("code", "width"), [(0xA1, 1), (0xB1, 4), (0xA0, 1), (0xB0, 4)])
async def test_a_body_sent_as_an_amqp_value_is_read(client: Client, code: int, width: int) -> None:
    body = section(code, width, user_body())
    user = await client.done("user.create", body, type="amqp-1.0")
    assert user["name"] == "张三"


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x53\x77", b"\x00\x53\x77\xc1\x01\x00", section(0xA1, 1, b"{}")[:-1], b"\x00\x53\x76\x45"]
)
async def test_another_amqp_value_is_refused_by_name(client: Client, body: bytes) -> None:
    problem = await client.refused("user.create", body, type="amqp-1.0")
    assert (problem["code"], "AMQP 1.0" in problem["message"]) == ("message.undecodable", True)


@pytest.mark.parametrize("request_name", ["user.create", "no.such.request"])
async def test_a_body_too_large_for_its_request_is_not_kept(client: Client, dead: Dead, request_name: str) -> None:
    body, message_id = b'{"username": "' + b"x" * 1_048_576 + b'"}', uuid4().hex
    await client.send(request_name, body, message_id=message_id)
    letter = await dead.find(message_id)
    assert (letter.body, letter.headers["x-userbus-redacted"]) == (b"", "(body)")
    assert letter.headers["x-userbus-bytes"] == len(body)


async def test_the_broker_takes_no_message_above_16_mib(stack: Stack) -> None:
    async with await aio_pika.connect(stack.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("userbus.commands", ensure=False)
        with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="16777216"):
            await exchange.publish(aio_pika.Message(b"x" * 16_777_217), "user.create")


async def test_secrets_in_headers_of_unknown_requests_are_not_kept(client: Client, dead: Dead) -> None:
    message_id, headers = uuid4().hex, {"Authorization": "Bearer pencil", "api-key": "pencil", "shoe": "44"}
    await client.send("no.such.request", b'{"user_Password": "pencil"}', message_id=message_id, headers=headers)
    letter = await dead.find(message_id)
    assert "pencil" not in f"{letter.body!r} {letter.headers}"
    assert letter.headers["shoe"] == "44"
