"""Request lines that are none, such as with raw non-ASCII or spaces, are refused in the shape of the dialect."""

import asyncio
import json

import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.patience import PATIENCE
from tests.support.shapes import foreseen_error, passport_error

ZHANG = "张".encode()
REFUSED = [
    (b"GET", b"/user/" + ZHANG, 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/user/x?a=" + ZHANG, 400, foreseen_error(4001, "invalid arguments: url")),
    (b"POST", b"/user/\xd5\xc5", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/user/a\x01b", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/user/x?a=\x7f", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/api/user/" + ZHANG, 400, None),
    (b"GET", b"/v1/user/find?username=" + ZHANG, 200, passport_error(30001, "请求参数错误")),
    (b"GET", b"/api/" + ZHANG, 400, None),
    (b"GET", b"/v1/users/" + ZHANG, 400, None),
    (b"GET", b"/nowhere/" + ZHANG, 404, {"message": "not found"}),
    (b"GET", b"/docs/" + ZHANG, 404, {"message": "not found"}),
    (b"GET", b"/user/a b", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/user/a b HTTP/1.1 c", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/user/x?a=b\tc", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"/v1/user/find?username=a b", 200, passport_error(30001, "请求参数错误")),
    (b"GET", b"/nowhere/a b", 404, {"message": "not found"}),
    (b"GET", b"http://bridge/user/" + ZHANG, 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"HTTP://bridge:8000/user/a b", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"http://" + ZHANG + b"/user/x", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"http://" + ZHANG, 404, {"message": "not found"}),
    (b"GET", b"http://bridge:port/user/x", 400, foreseen_error(4001, "invalid arguments: url")),
    (b"GET", b"user/x", 404, {"message": "not found"}),
    (b"GET", b"?a=b", 404, {"message": "not found"}),
    (b"OPTIONS", b"*", 404, {"message": "not found"}),
    ("GÉT".encode(), b"/user/x", 400, foreseen_error(4001, "invalid arguments: method")),
    (ZHANG, b"http://bridge/user/x", 400, foreseen_error(4001, "invalid arguments: method")),
    (ZHANG, b"/user/" + ZHANG, 400, foreseen_error(4001, "invalid arguments: method")),
    (b"BREW", b"/user/x", 400, foreseen_error(4001, "invalid arguments: method")),
    (b"BREW", b"/user/" + ZHANG, 400, foreseen_error(4001, "invalid arguments: method")),
    (b"CONNECT", b"/user/" + ZHANG, 400, foreseen_error(4001, "invalid arguments: method")),
    (b"get", b"/v1/user/find", 200, passport_error(30001, "请求参数错误")),
    (b"BREW", b"/nowhere", 404, {"message": "not found"}),
    (b"BREW", b"/docs", 405, {"message": "method not allowed"}),
]


def read_answer(answer: bytes) -> tuple[int, bytes, bytes]:
    """Status, head and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.lower(), body


def with_hosts(path: bytes, version: bytes, hosts: list[bytes]) -> bytes:
    """A request that closes its connection."""
    head = b"".join(b"Host: " + host + b"\r\n" for host in hosts)
    return b"GET " + path + b" HTTP/" + version + b"\r\n" + head + b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(("method", "url", "status", "body"), REFUSED)
async def test_a_request_line_that_is_none_is_refused_in_the_shape_of_its_dialect(
    bridge: RunningBridge, method: bytes, url: bytes, status: int, body: object
) -> None:
    head = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    answer = await bridge.send_raw(method + b" " + url + head + b"{}")
    seen, head, text = read_answer(answer)
    assert (seen, b"content-type: application/json" in head) == (status, True), answer
    assert body is None or json.loads(text) == body
    assert json.loads(text)
    assert bridge.worker.requests == []


async def test_a_request_line_in_pieces_after_a_good_request_is_refused_likewise(bridge: RunningBridge) -> None:
    host, port = bridge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        await reader.readuntil(b"not found")
        for piece in (b"GET /us", b"er/", ZHANG, b" HTTP/1.1\r\nHost: x\r\n\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        status, _, body = read_answer((await reader.read()).partition(b"HTTP/1.1")[2].join([b"HTTP/1.1", b""]))
    writer.close()
    assert (status, json.loads(body)) == (400, foreseen_error(4001, "invalid arguments: url"))


@pytest.mark.parametrize(
    "header",
    [
        b"no colon", b"a b: c", b"Content-Length: x", b"a: b\x00c", b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5, 6", b"Content-Length: -1",
        b"Content-Length: +1", b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding : chunked", b"Content-Length : 5",
    ],
)  # fmt: skip
async def test_headers_that_are_none_are_refused_in_the_shape_of_the_dialect(
    bridge: RunningBridge, header: bytes
) -> None:
    status, _, body = read_answer(await bridge.send_raw(b"GET /user/x HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n"))
    assert (status, json.loads(body)) == (400, foreseen_error(4001, "invalid arguments: headers"))


@pytest.mark.parametrize(
    ("version", "hosts"),
    [
        (b"1.1", []), (b"1.1", [b"x", b"x"]), (b"1.0", [b"x", b"y"]), (b"1.1", [b"a b"]), (b"1.1", [b"x/y"]),
        (b"1.1", [b"x:y"]), (b"1.1", [b"e@x"]), (b"1.1", [ZHANG]), (b"1.1", [b"[x]"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("path", "status", "shape"),
    [
        (b"/user/x", 400, foreseen_error(4001, "invalid arguments: headers")),
        (b"/v1/user/find?username=x", 200, passport_error(30001, "请求参数错误")),
        (b"/docs", 400, None),
    ],
)
async def test_a_request_without_exactly_one_host_is_refused(
    bridge: RunningBridge, version: bytes, hosts: list[bytes], path: bytes, status: int, shape: object
) -> None:
    seen, _, body = read_answer(await bridge.send_raw(with_hosts(path, version, hosts)))
    assert (seen, shape is None or json.loads(body) == shape) == (status, True), body
    assert bridge.worker.requests == []


@pytest.mark.parametrize("name", [b"", b"x ", b"my_host.example:", b"127.0.0.1:8000", b"[::1]:8000", b"a%20b"])
async def test_a_request_with_one_host_is_served(bridge: RunningBridge, name: bytes) -> None:
    status, _, body = read_answer(await bridge.send_raw(with_hosts(b"/nowhere", b"1.1", [name])))
    assert (status, json.loads(body)) == (404, {"message": "not found"})


async def test_a_request_of_http_1_0_may_have_no_host(bridge: RunningBridge) -> None:
    assert read_answer(await bridge.send_raw(with_hosts(b"/nowhere", b"1.0", [])))[0] == 404


async def test_what_has_no_request_line_is_a_bad_request(bridge: RunningBridge) -> None:
    status, head, _ = read_answer(await bridge.send_raw(b"\x16\x03\x01hello\r\n\r\n"))
    assert status == 400
    assert (b"x-content-type-options: nosniff" in head, b"cache-control: no-store" in head) == (True, True)


@pytest.mark.parametrize(
    "body",
    [
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: identity\r\n\r\n",
        b"Transfer-Encoding: gzip\r\n\r\n", b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        b"A: a\rTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", b"Content-Length: 2\n\n{}",
        b"Content-Length:\r\n\r\n", b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        *(
            b"Transfer-Encoding: chunked\r\n\r\n" + chunks
            for chunks in (
                b"2\n{}\r\n0\r\n\r\n", b"2;a\nxx\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n",
                b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
                b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
            )
        ),
    ],
)  # fmt: skip
async def test_nothing_is_served_behind_a_body_that_others_might_see_end_elsewhere(
    bridge: RunningBridge, body: bytes
) -> None:
    head = b"POST /api/local/user/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = await bridge.send_raw(head + body + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (read_answer(answer)[0], answer.count(b"HTTP/1.1")) == (400, 1), answer
    assert bridge.worker.requests == []


@pytest.mark.parametrize(
    "coding",
    [
        b"gzip, chunked", b"GZIP ,Chunked", b"identity, chunked", b"deflate, gzip, chunked",
        b"gzip;q=1, chunked", b"gzip\r\nTransfer-Encoding: chunked",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (b"/user", foreseen_error(4001, "invalid arguments: headers")),
        (b"/v1/user/create", passport_error(30001, "请求参数错误")),
        (b"/docs", None),
    ],
)
async def test_a_body_in_a_coding_that_is_not_implemented_is_told_so(
    bridge: RunningBridge, coding: bytes, path: bytes, shape: object
) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
    body = b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    answer = await bridge.send_raw(head + coding + body + b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
    seen, head, text = read_answer(answer)
    assert (seen, answer.count(b"HTTP/1.1"), b"connection: close" in head) == (501, 1, True), answer
    assert (text == b"Not Implemented") if shape is None else (json.loads(text) == shape)
    assert bridge.worker.requests == []


async def test_a_body_in_chunks_alone_is_served(bridge: RunningBridge) -> None:
    for coding in (b"chunked", b"Chunked", b", chunked"):
        head = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
        answer = await bridge.send_raw(head + coding + b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        assert read_answer(answer)[0] == 404
