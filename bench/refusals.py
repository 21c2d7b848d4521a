"""Whether the time of a refused sign-in tells anything: unknown users beside users with every kind of password.

200 of each kind over the bus and 200 over HTTP, in an order of chance, since what went before warms caches or not.
Beside the time that a caller sees stands the processor time of the worker, which other work on the machine hardly
changes; times need a quiet machine:

    python -m bench.refusals
"""

import asyncio
import json
import os
import random
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from passlib.hash import argon2, bcrypt, django_pbkdf2_sha256, hex_sha256, phpass, scrypt, sha512_crypt

from bench.bus_load import BusLoad, Refused, bus_load
from bench.http_load import HttpLoad, http_load
from bench.processes import cpu_nanoseconds
from bench.requests import require
from bench.support import run_bridge, run_worker
from devstack.ports import free_port
from devstack.servers import servers

TIMES = 200
WRONG, RIGHT = "loudRiver4242", "quietRiver42"
SETTLE_SECONDS = 0.02  # after a refusal, until the worker is done with it
HASHES = {
    "Argon2, 4 MiB, 3 rounds": argon2.using(memory_cost=4096, rounds=3, parallelism=1).hash(RIGHT),
    "SHA-256": hex_sha256.hash(RIGHT),
    "sha512-crypt, 5,000 rounds": sha512_crypt.using(rounds=5_000).hash(RIGHT),
    "phpass, 2^8": phpass.using(rounds=8).hash(RIGHT),
    "bcrypt, cost 8": bcrypt.using(rounds=8).hash(RIGHT),
    "scrypt, 2^12": scrypt.using(rounds=12).hash(RIGHT),
    "scrypt, 2^15": scrypt.using(rounds=15).hash(RIGHT),
    "bcrypt, cost 10": bcrypt.using(rounds=10).hash(RIGHT),
    "PBKDF2-SHA256, 1,000,000 rounds": django_pbkdf2_sha256.using(rounds=1_000_000).hash(RIGHT),
}
UNKNOWN = "unknown user"
KINDS = (UNKNOWN, "own hash", "no password", *HASHES)
ROUTES = ("bus", "HTTP")
SIGN_IN = "POST /api/local/user/signin HTTP/1.1\r\nContent-Type: application/json"
SignIn = Callable[[str], Awaitable[bool]]  # whether a login name is refused with the wrong password


@dataclass
class Spent:
    """What the refusals of one kind took: milliseconds until the reply, and of the worker's processor time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


Taken = dict[tuple[str, str], Spent]  # by route and kind


async def create_logins(bus: BusLoad) -> dict[str, list[str]]:
    """A user for each refused sign-in: several with one user would be answered late on purpose."""
    logins = {kind: [f"u{secrets.token_hex(8)}@example.com" for _ in range(TIMES * len(ROUTES))] for kind in KINDS}
    rows = [{"email": name} for name in logins["no password"]]
    rows += [{"email": name, "password_hash": text} for kind, text in HASHES.items() for name in logins[kind]]
    iterator = iter(rows)
    while part := [*islice(iterator, 500)]:
        imported = await bus.ask("user.import", {"users": part})
        require(not imported["failed"], imported)
    for name in logins["own hash"]:
        await bus.ask("user.create", {"email": name, "password": RIGHT})
    return logins


def over_bus(bus: BusLoad) -> SignIn:
    """Sign in by a request of the bus."""

    async def sign_in(login: str) -> bool:
        try:
            await bus.ask("auth.sign_in", {"login": login, "password": WRONG})
        except Refused as refused:
            return bool(refused.problem["code"] == "auth.bad_credentials")
        return False

    return sign_in


def over_http(http: HttpLoad) -> SignIn:
    """Sign in by the bridge."""

    async def sign_in(login: str) -> bool:
        body = json.dumps({"username": login, "password": WRONG}).encode()
        answer: dict[str, str] = json.loads(await http.request(SIGN_IN, body, status=400))
        return answer["message"] == "credentials invalid"

    return sign_in


async def measure(bus: BusLoad, http: HttpLoad, worker: int) -> Taken:
    """The times by route and kind, taken in turn, in an order of chance; `worker` is the process id."""
    logins = await create_logins(bus)
    routes = dict(zip(ROUTES, (over_bus(bus), over_http(http)), strict=True))
    spent = {each: Spent() for each in product(ROUTES, KINDS)}
    for _ in range(TIMES):
        for route, kind in random.sample([*spent], len(spent)):
            login = logins[kind].pop()
            used, began = cpu_nanoseconds(worker), time.perf_counter()
            require(await routes[route](login), login)
            spent[route, kind].wall.append((time.perf_counter() - began) * 1e3)
            await asyncio.sleep(SETTLE_SECONDS)
            spent[route, kind].cpu.append((cpu_nanoseconds(worker) - used) / 1e6)
    return spent


async def connect_and_measure(amqp_url: str, port: int, worker: int) -> Taken:
    async with bus_load(amqp_url) as bus, http_load(port) as http:
        return await measure(bus, http, worker)


def print_medians(spent: Taken) -> None:
    """A row a kind: milliseconds and processor time of each route, each with its ratio to unknown users."""
    print(f"{'':<34}" + "".join(f"{route + ' ms':>10}{'÷':>6}{'CPU ms':>9}{'÷':>6}" for route in ROUTES))
    for kind in KINDS:
        row = f"{kind:<34}"
        for route in ROUTES:
            for part, width in (("wall", 10), ("cpu", 9)):
                own, unknown = (statistics.median(getattr(spent[route, each], part)) for each in (kind, UNKNOWN))
                row += f"{own:{width}.1f}{own / unknown:6.2f}"
        print(row)


def main() -> None:
    with TemporaryDirectory() as folder, servers(Path(folder)) as up, run_bridge(up, Path(folder), port := free_port()):
        env = {**os.environ, "USERBUS_AMQP_URL": up.amqp_url, "USERBUS_MONGO_URL": up.mongo_url}
        with run_worker({**env, "USERBUS_SECRET_KEY": secrets.token_hex(32)}, Path(folder), "worker") as worker:
            print_medians(uvloop.run(connect_and_measure(up.amqp_url, port, worker.pid)))


if __name__ == "__main__":
    main()
