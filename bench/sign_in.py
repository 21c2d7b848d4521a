"""Sign-in over the bus and over HTTP, beside the same Argon2 alone; and whether a refusal tells that a user exists."""

import asyncio
import json
import os
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

from argon2 import PasswordHasher

from bench.bare import QUEUE
from bench.bus_load import Refused
from bench.load import Operation
from bench.requests import FLOOR, require
from bench.rows import USERBUS, Figure, Row, System
from bench.support import Bench
from worker.settings import Settings

RAW = "Argon2 alone"
RIGHT, WRONG = "quietRiver42", "loudRiver4242"
USERS = 16  # more than sign-ins in flight, so that two of one user never meet
KINDS = ("unknown user", "wrong password", "right password")


async def sign_in_rows(bench: Bench, pool: ThreadPoolExecutor) -> list[Row]:
    """Create users with passwords, in the floor too; the rows of sign-ins. Argon2 alone runs in the pool."""
    logins = [await _create_login(bench) for _ in range(USERS)]
    floor = System(FLOOR, await _floor_operation(bench), bench.programs.select_pids("bare"))
    raw = System(RAW, _verify_operation(pool), {"load": os.getpid()})
    bus = System(USERBUS, _bus_operation(bench, logins), bench.programs.select_pids("worker"))
    http = System(USERBUS, _http_operation(bench, logins), bench.programs.select_pids("bridge", "worker"))
    targets = {RAW: 0.75}
    return [
        Row("sign-in over the bus", 4, (bus, floor, raw), targets),
        Row("sign-in over HTTP", 4, (http, raw), targets),
    ]


async def compare_refusals(bench: Bench) -> Figure:
    """The time of an unknown user divided by that of a wrong password; the right password resets the failures."""
    login, ratios = await _create_login(bench), []
    for _ in range(bench.plan.rounds):
        spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for turn in range(bench.plan.refusals):
            for kind in KINDS[turn % 3 :] + KINDS[: turn % 3]:
                spent[kind].append(await _time_sign_in(bench, kind, login))
        unknown, wrong, _ = (statistics.median(taken) for taken in spent.values())
        ratios.append(unknown / wrong)
    return Figure("refused sign-in: unknown user ÷ wrong password, p50", "", ratios, "0.90 to 1.10")


async def _create_login(bench: Bench) -> str:
    login = f"u{secrets.token_hex(8)}@example.com"
    await bench.bus.ask("user.create", {"email": login, "password": RIGHT})
    return login


def _bus_operation(bench: Bench, logins: list[str]) -> Operation:
    turn = cycle(logins)

    async def sign_in() -> None:
        login = next(turn)
        signed_in = await bench.bus.ask("auth.sign_in", {"login": login, "password": RIGHT})
        require(signed_in["user"]["email"] == login and len(signed_in["token"]) == 32, signed_in)

    return sign_in


def _http_operation(bench: Bench, logins: list[str]) -> Operation:
    turn = cycle(logins)
    head = "POST /api/local/user/signin HTTP/1.1\r\nContent-Type: application/json"

    async def sign_in() -> None:
        login = next(turn)
        credentials = json.dumps({"username": login, "password": RIGHT}).encode()
        body: dict[str, Any] = json.loads(await bench.http["bridge"].request(head, credentials))
        require(body["message"] == "authenticate successfully" and body["data"]["username"] == login, body)

    return sign_in


async def _floor_operation(bench: Bench) -> Operation:
    """Sign in where nothing is promised: a look-up, Argon2, an inserted session."""
    users = [{"email": f"u{number}@example.com", "hash": _hasher().hash(RIGHT)} for number in range(USERS)]
    rows = [json.loads(await bench.bus.call_queue(QUEUE, "user.create", user)) for user in users]
    turn = cycle(rows)

    async def sign_in() -> None:
        user = next(turn)
        credentials = {"id": user["_id"], "password": RIGHT}
        signed_in = json.loads(await bench.bus.call_queue(QUEUE, "auth.sign_in", credentials))
        require(signed_in["email"] == user["email"] and len(signed_in["token"]) == 32, signed_in)

    return sign_in


def _verify_operation(pool: ThreadPoolExecutor) -> Operation:
    hasher = _hasher()
    stored = hasher.hash(RIGHT)

    async def verify() -> None:
        await asyncio.get_running_loop().run_in_executor(pool, hasher.verify, stored, RIGHT)

    return verify


def _hasher() -> PasswordHasher:
    """Argon2 with the parameters of a worker."""
    memory, rounds = (Settings.model_fields[name].default for name in ("argon2_memory", "argon2_rounds"))
    return PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)


async def _time_sign_in(bench: Bench, kind: str, login: str) -> float:
    credentials = {
        "login": login if kind != "unknown user" else f"nobody_{secrets.token_hex(8)}",
        "password": RIGHT if kind == "right password" else WRONG,
    }
    began = time.perf_counter()
    try:
        await bench.bus.ask("auth.sign_in", credentials)
        code = "right password"
    except Refused as refused:
        require(refused.problem["code"] == "auth.bad_credentials" and not refused.problem["details"], refused.problem)
        code = "refused"
    require((code == "right password") == (kind == "right password"), code)
    return time.perf_counter() - began
