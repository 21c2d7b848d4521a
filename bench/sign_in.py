"""Sign-in over the bus: does its time tell a known user from an unknown one, and how many go a second?

Medians of an unknown user, a wrong password and the right one, in turn; then sign-ins a second against what the machine
verifies in a thread pool without a bus, database or journal, also in turn.

Run on a quiet machine: python -m bench.sign_in [sign-ins of each kind] [sign-ins a round] [in flight] [rounds]
"""

import asyncio
import os
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from argon2 import PasswordHasher
from pydantic import SecretStr

from bridge.bus import Bus, Unavailable
from bridge.wire import Refused
from contracts.auth import SignIn
from contracts.health import CheckHealth
from contracts.users import CreateUser
from devstack.programs import spawn
from devstack.servers import servers

EACH, A_ROUND, IN_FLIGHT, ROUNDS = (
    int(sys.argv[place]) if len(sys.argv) > place else usual for place, usual in enumerate((200, 400, 16, 3), 1)
)
RIGHT, WRONG = "the right password", "a wrong password"
KINDS = ("unknown user", "wrong password", "right password")


async def signed_in(bus: Bus, login: str, password: str) -> float:
    """Seconds that a sign-in took, refused or not; one that was answered late on purpose would measure the delay."""
    began = time.perf_counter()
    try:
        await bus.call("auth.sign_in", SignIn(login=login, password=SecretStr(password)))
    except Refused as refused:
        if refused.problem.code != "auth.bad_credentials" or refused.problem.details:
            raise
    return time.perf_counter() - began


async def medians(bus: Bus, login: str) -> None:
    """Each kind in turn, the order moving on; the right password clears what the wrong one has counted."""
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(EACH):
        for kind in KINDS[turn % 3 :] + KINDS[: turn % 3]:
            known = login if kind != "unknown user" else f"nobody_{secrets.token_hex(8)}"
            spent[kind].append(await signed_in(bus, known, RIGHT if kind == "right password" else WRONG) * 1e3)
    for kind, taken in spent.items():
        quarter, median, three = statistics.quantiles(taken, n=4)
        print(f"{kind:<15} p50 {median:6.2f} ms   p25 {quarter:6.2f} ms   p75 {three:6.2f} ms")
    unknown, wrong, _ = (statistics.median(taken) for taken in spent.values())
    print(f"unknown user / wrong password at the median: {unknown / wrong:.3f} (to reach: 0.90 to 1.10)")


async def bus_rate(bus: Bus, logins: list[str]) -> float:
    """Sign-ins a second with the right password, one user for each that is in flight."""
    began = time.perf_counter()

    async def one(login: str, times: int) -> None:
        for _ in range(times):
            await signed_in(bus, login, RIGHT)

    await asyncio.gather(*(one(login, A_ROUND // len(logins)) for login in logins))
    return A_ROUND // len(logins) * len(logins) / (time.perf_counter() - began)


def raw_rate(hasher: PasswordHasher, stored: str) -> float:
    """Verifications a second in as many threads as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        began = time.perf_counter()
        good = sum(pool.map(lambda _: hasher.verify(stored, RIGHT), range(A_ROUND)))
        return good / (time.perf_counter() - began)


async def rates(bus: Bus, logins: list[str]) -> None:
    """The bus and the bare machine in turn, and the ratio of their medians."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    stored = hasher.hash(RIGHT)
    raw, ours = [], []
    for _ in range(ROUNDS):
        raw.append(await asyncio.to_thread(raw_rate, hasher, stored))
        ours.append(await bus_rate(bus, logins))
        print(f"raw argon2id {raw[-1]:6.1f}/s   sign-ins, {len(logins)} in flight {ours[-1]:6.1f}/s", flush=True)
    print(f"sign-ins / raw verifications at the median: {statistics.median(ours) / statistics.median(raw):.3f}")
    print("(to reach: at least 0.90)")


async def ready(bus: Bus) -> None:
    """Wait for the worker."""
    async with asyncio.timeout(60):
        while True:
            try:
                await bus.call("health.auth", CheckHealth())
                return
            except Unavailable:
                await asyncio.sleep(0.2)


async def measure(url: str) -> None:
    async with Bus(url, app_id="bench", timeout=30) as bus:
        await ready(bus)
        logins = [f"user_{secrets.token_hex(8)}" for _ in range(IN_FLIGHT)]
        for login in logins:
            await bus.call("user.create", CreateUser(username=login, password=SecretStr(RIGHT)))
            await signed_in(bus, login, RIGHT)
        await medians(bus, logins[0])
        await rates(bus, logins)


@contextmanager
def worker(amqp_url: str, mongo_url: str, home: Path) -> Iterator[None]:
    """A worker in a process of its own."""
    given = {
        "USERBUS_AMQP_URL": amqp_url,
        "USERBUS_MONGO_URL": mongo_url,
        "USERBUS_SECRET_KEY": secrets.token_hex(32),
    }
    program = spawn([sys.executable, "-m", "handlers"], {**os.environ, **given}, home / "worker.log")
    try:
        yield
    finally:
        program.stop()


def main() -> None:
    with (
        TemporaryDirectory() as folder,
        servers(Path(folder)) as running,
        worker(running.amqp_url, running.mongo_url, Path(folder)),
    ):
        uvloop.run(measure(running.amqp_url))


if __name__ == "__main__":
    main()
