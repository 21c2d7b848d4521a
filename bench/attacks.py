"""Bodies of 1 MiB that are made to be slow to read, sent by strangers: for how long one holds up the bridge's others.

Every attack by itself, on a quiet machine: python -m bench.attacks
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.rows import Figure
from bench.support import Bench, run_bridge
from bridge.rest.body import MAX_BODY, MAX_ESCAPES, MAX_PARAMETERS, MAX_VALUES
from bridge.rest.forms import MAX_LINES, MAX_PARTS
from devstack.ports import HOST, free_port
from devstack.servers import servers

TRIES = 5  # of each attack in a round; the smallest counts, since other processes share the machine
JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
END = b"\r\n--x--\r\n"
GET = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Attack:
    """A body, its type, the public endpoint that reads it, and what is sent before it over the same connection."""

    name: str
    media_type: str
    body: bytes
    path: str = "/auth/login"
    before: bytes = b""


def fill(unit: bytes, head: bytes = b"", tail: bytes = b"", count: int = MAX_BODY) -> bytes:
    """As many units as are allowed between head and tail, and no more than `count`."""
    return head + unit * min(count, (MAX_BODY - len(head) - len(tail)) // len(unit)) + tail


def spread(unit: bytes, filler: bytes, count: int) -> bytes:
    """So many units in a body of 1 MiB, with filler between them."""
    room = MAX_BODY // count - len(unit)
    return (unit + (filler * room)[:room]) * count


def attacks() -> list[Attack]:
    signin = "/api/local/user/signin"
    numbers = fill(b"-1.79769313486231570814e+308,", b"[", b"1]", MAX_VALUES - 2)
    parts = spread(PART + b"v", b"v", MAX_PARTS - 1)[: -len(END)] + END
    lines = PART + spread(b"\r\n-", b"v", MAX_LINES - 9)[: -len(PART + END)] + END
    return [
        Attack("form of escapes", FORM, fill(b"%41", b"a=")),
        Attack("form of as many escapes as are read", FORM, spread(b"%C3", b"\xe9", MAX_ESCAPES - 1)),
        Attack("the same in UTF-8", FORM, b"a=" + spread(b"%C3%A9", "é".encode(), MAX_ESCAPES // 2 - 1)[:-4], signin),
        Attack("form of parameters", FORM, fill(b"a&")),
        Attack("form of as many parameters as are read", FORM, spread(b"a&", b"+", MAX_PARAMETERS - 1)),
        Attack("JSON list of half a million numbers", JSON, fill(b"1,", b"[", b"1]"), signin),
        Attack("JSON of as many numbers as are read", JSON, numbers, signin),
        Attack("JSON of as many names as are read", JSON, json_names(MAX_VALUES // 2 - 2), signin),
        Attack("JSON text of escapes", JSON, fill(b"\\ud83d\\ude00", b'{"a":"', b'"}'), signin),
        Attack("JSON number of 1 MiB", JSON, fill(b"1", b"[0.", b"]"), signin),
        Attack("JSON, deep", JSON, fill(b"["), signin),
        Attack("JSON, as deep as is read", JSON, b'{"a":' * 64 + b"1" + b"}" * 64, signin),
        Attack("multipart of thousands of parts", MULTIPART, fill(PART + b"v\r\n", tail=END)),
        Attack("multipart of as many parts as are read", MULTIPART, parts),
        Attack("multipart of as many lines as are read", MULTIPART, lines),
        Attack("multipart with a long header", MULTIPART, fill(b"b", b"--x\r\na: ", b"\r\n\r\nv" + END)),
        Attack("behind thousands of requests", JSON, b"", before=GET * 7_000),
        Attack("behind a body in chunks of a byte", JSON, b"", before=CHUNKED + b"1\r\nx\r\n" * 150_000 + b"0\r\n\r\n"),
    ]  # fmt: skip


def json_names(count: int) -> bytes:
    """An object of so many names, each different and full of escapes."""
    members = (b'"%06d%s":1' % (number, b"\\u00e9" * 33) for number in range(count))
    return b"{" + b",".join(members)[: MAX_BODY - 400].rpartition(b",")[0] + b"}"


async def measure_attacks(bench: Bench) -> list[Figure]:
    """How long another client waits at most for /health/live: alone, and beside the worst of the attacks."""
    port, alone, beside = bench.programs.ports["bridge"], list[float](), list[float]()
    for _ in range(bench.plan.rounds):
        alone.append(min([await longest_wait(port, None) for _ in range(TRIES)]))
        beside.append(max([await smallest_wait(port, attack) for attack in attacks()]))
    return [
        Figure("GET /health/live, longest of a moment", "ms", alone),
        Figure("beside the worst of hostile bodies of 1 MiB", "ms", beside, "≤ 20"),
    ]


async def smallest_wait(port: int, attack: Attack) -> float:
    return min([await longest_wait(port, attack) for _ in range(TRIES)])


async def longest_wait(port: int, attack: Attack | None) -> float:
    """How long, in ms, another client waits at most for its next answer until the attack is answered."""
    async with connection(port) as (reader, writer):
        answered = asyncio.create_task(send(port, attack) if attack else asyncio.sleep(0.05))
        waits = []
        while not answered.done():
            began = time.perf_counter()
            writer.write(f"GET /health/live HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
            waits.append(time.perf_counter() - began)
        await answered
    return max(waits) * 1e3


async def send(port: int, attack: Attack) -> None:
    """Send the body on a connection of its own and wait for the answer, whatever it is."""
    async with connection(port) as (reader, writer):
        head = f"POST {attack.path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Type: {attack.media_type}"
        told = f"{head}\r\nContent-Length: {len(attack.body)}\r\n\r\n".encode()
        writer.write(attack.before + told + attack.body)
        answer = await reader.read()
    if not answer.startswith(b"HTTP/1.1 "):
        raise RuntimeError(f"{attack.name}: {answer[:200]!r}")


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def print_attacks(port: int) -> None:
    print(f"{min([await longest_wait(port, None) for _ in range(TRIES)]):8.1f} ms  nothing")
    for attack in attacks():
        size = len(attack.before) + len(attack.body)
        print(f"{await smallest_wait(port, attack):8.1f} ms  {attack.name}, {size:,} bytes")


def main() -> None:
    port = free_port()
    with TemporaryDirectory() as home, servers(Path(home)) as up, run_bridge(up, Path(home), port):
        uvloop.run(print_attacks(port))


if __name__ == "__main__":
    main()
