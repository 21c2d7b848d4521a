"""Whether the time of a refused sign-in tells anything: unknown users beside users with every kind of password.

200 of each kind, in an order of chance, since what went before warms caches or not. Beside the time that a caller sees
stands the processor time of the worker, which other work on the machine hardly changes; times need a quiet machine:

    python -m bench.refusals
"""

import asyncio
import os
import random
import secrets
import statistics
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from passlib.hash import argon2, bcrypt, django_pbkdf2_sha256, hex_sha256, phpass

from bench.bus_load import BusLoad, Refused, bus_load
from bench.processes import cpu_nanoseconds
from bench.requests import require
from bench.support import run_worker
from devstack.servers import servers

TIMES = 200
WRONG, RIGHT = "loudRiver4242", "quietRiver42"
SETTLE_SECONDS = 0.02  # after a refusal, until the worker is done with it
HASHES = {
    "hash of Argon2, 4 MiB, 3 rounds": argon2.using(memory_cost=4096, rounds=3, parallelism=1).hash(RIGHT),
    "hash of SHA-256": hex_sha256.hash(RIGHT),
    "hash of phpass, 2^8": phpass.using(rounds=8).hash(RIGHT),
    "hash of bcrypt, cost 8": bcrypt.using(rounds=8).hash(RIGHT),
    "hash of bcrypt, cost 10": bcrypt.using(rounds=10).hash(RIGHT),
    "hash of PBKDF2-SHA256, 600,000": django_pbkdf2_sha256.using(rounds=600_000).hash(RIGHT),
}
UNKNOWN = "unknown user"
KINDS = (UNKNOWN, "own hash", "no password", *HASHES)


async def create_logins(bus: BusLoad) -> dict[str, list[str]]:
    """A user for each refused sign-in: several with one user would be answered late on purpose."""
    logins = {kind: [f"u{secrets.token_hex(8)}" for _ in range(TIMES)] for kind in KINDS}
    rows = [{"username": name} for name in logins["no password"]]
    rows += [{"username": name, "password_hash": text} for kind, text in HASHES.items() for name in logins[kind]]
    iterator = iter(rows)
    while part := [*islice(iterator, 500)]:
        imported = await bus.ask("user.import", {"users": part})
        require(not imported["failed"], imported)
    for name in logins["own hash"]:
        await bus.ask("user.create", {"username": name, "password": RIGHT})
    return logins


async def time_refusal(bus: BusLoad, login: str) -> float:
    """How many milliseconds until a wrong password is refused."""
    began = time.perf_counter()
    try:
        await bus.ask("auth.sign_in", {"login": login, "password": WRONG})
    except Refused as refused:
        require(refused.problem["code"] == "auth.bad_credentials", refused.problem)
        return (time.perf_counter() - began) * 1e3
    raise RuntimeError(f"{login} is signed in by a wrong password")


@dataclass
class Spent:
    """What the refusals of one kind took: milliseconds until the reply, and of the worker's processor time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


async def measure(amqp_url: str, worker: int) -> dict[str, Spent]:
    """The times of each kind, taken in turn, in an order of chance; `worker` is the process id."""
    spent = {kind: Spent() for kind in KINDS}
    async with bus_load(amqp_url) as bus:
        logins = await create_logins(bus)
        for turn in range(TIMES):
            for kind in random.sample(KINDS, len(KINDS)):
                began = cpu_nanoseconds(worker)
                spent[kind].wall.append(await time_refusal(bus, logins[kind][turn]))
                await asyncio.sleep(SETTLE_SECONDS)
                spent[kind].cpu.append((cpu_nanoseconds(worker) - began) / 1e6)
    return spent


def main() -> None:
    with TemporaryDirectory() as folder, servers(Path(folder)) as up:
        env = {**os.environ, "USERBUS_AMQP_URL": up.amqp_url, "USERBUS_MONGO_URL": up.mongo_url}
        with run_worker({**env, "USERBUS_SECRET_KEY": secrets.token_hex(32)}, Path(folder), "worker") as worker:
            spent = uvloop.run(measure(up.amqp_url, worker.pid))
    wall, cpu = (statistics.median(times) for times in (spent[UNKNOWN].wall, spent[UNKNOWN].cpu))
    print(f"{'':<34}{'ms':>8}{'÷ unknown':>11}{'CPU ms':>9}{'÷ unknown':>11}")
    for kind, each in spent.items():
        medians = statistics.median(each.wall), statistics.median(each.cpu)
        print(f"{kind:<34}{medians[0]:8.1f}{medians[0] / wall:11.2f}{medians[1]:9.1f}{medians[1] / cpu:11.2f}")


if __name__ == "__main__":
    main()
