"""Whether the time of a refused sign-in tells anything: unknown users beside users with every kind of password.

200 of each kind, in turn, on a quiet machine: python -m bench.refusals
"""

import os
import secrets
import statistics
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from passlib.hash import bcrypt, django_pbkdf2_sha256, hex_sha256, phpass

from bench.bus_load import BusLoad, Refused, bus_load
from bench.requests import require
from bench.support import run_worker
from devstack.servers import servers

TIMES = 200
WRONG, RIGHT = "loudRiver4242", "quietRiver42"
HASHES = {
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


async def measure(amqp_url: str) -> dict[str, list[float]]:
    """The times of each kind, taken in turn; who comes first changes."""
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    async with bus_load(amqp_url) as bus:
        logins = await create_logins(bus)
        for turn in range(TIMES):
            first = turn % len(KINDS)
            for kind in KINDS[first:] + KINDS[:first]:
                spent[kind].append(await time_refusal(bus, logins[kind][turn]))
    return spent


def main() -> None:
    with TemporaryDirectory() as folder, servers(Path(folder)) as up:
        env = {**os.environ, "USERBUS_AMQP_URL": up.amqp_url, "USERBUS_MONGO_URL": up.mongo_url}
        with run_worker({**env, "USERBUS_SECRET_KEY": secrets.token_hex(32)}, Path(folder), "worker"):
            spent = uvloop.run(measure(up.amqp_url))
    unknown = statistics.median(spent[UNKNOWN])
    for kind, times in spent.items():
        print(f"{kind:<32}{statistics.median(times):8.1f} ms{statistics.median(times) / unknown:8.2f}")


if __name__ == "__main__":
    main()
